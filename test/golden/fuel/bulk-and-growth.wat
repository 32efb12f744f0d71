;; Lengths are paid for when the operator has succeeded.
(module
  (memory 1)
  (func (export "f") (param $n i32) (result i32)
    i32.const 0
    i32.const 7
    local.get $n
    memory.fill
    local.get $n
    memory.grow))
