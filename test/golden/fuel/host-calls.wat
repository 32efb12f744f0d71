;; Before each call that can reach the host the counter is in its global, and spent budgets stop there.
(module
  (import "host" "note" (func $note (param i32)))
  (func (export "f") (param $n i32)
    local.get $n
    if
      i32.const 1
      call $note
    end
    i32.const 2
    call $note))
