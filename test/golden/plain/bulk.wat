;; 1 before the operator, its length when it has succeeded.
(module
  (memory 1)
  (func (export "f") (param $length i32)
    i32.const 0
    i32.const 7
    local.get $length
    memory.fill))
