;; The counter survives a throw and a catch.
(module
  (tag $t (param i32))
  (func $throws (param $n i32)
    local.get $n
    if
      local.get $n
      throw $t
    end)
  (func (export "f") (param $n i32) (result i32)
    block $handler (result i32)
      try_table (catch $t $handler)
        local.get $n
        call $throws
      end
      i32.const 0
    end))
