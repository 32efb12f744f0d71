;; A loop that ends at what it reads.
(module
  (memory 1)
  (func (export "f") (param $at i32) (result i32)
    loop $again
      local.get $at
      i32.load8_u
      if
        local.get $at
        i32.const 1
        i32.add
        local.set $at
        br $again
      end
    end
    local.get $at))
