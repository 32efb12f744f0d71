;; A loop whose count is known before it begins.
(module
  (memory 1)
  (func (export "f") (param $n i32)
    (local $i i32)
    loop $again
      local.get $i
      local.get $i
      i32.store8
      local.get $i
      i32.const 1
      i32.add
      local.tee $i
      local.get $n
      i32.lt_s
      br_if $again
    end))
