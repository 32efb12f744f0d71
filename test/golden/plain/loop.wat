;; A charge at the head of the loop, one behind the call, one behind the conditional branch where something follows.
(module
  (import "host" "tick" (func $tick))
  (func (export "f") (param $n i32)
    loop $again
      call $tick
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if $again
    end
    call $tick))
