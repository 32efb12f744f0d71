;; What no run can reach costs nothing: behind the branch, and behind a block that nothing leaves.
(module
  (import "host" "note" (func $note))
  (func (export "f") (result i32)
    block
      block $out
        br $out
        call $note
      end
      i32.const 1
      return
      i32.const 2
      drop
    end
    call $note
    i32.const 3))
