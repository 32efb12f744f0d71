;; A tail call is paid for before it is made; nothing follows it.
(module
  (func $f (export "f") (param $n i32) (result i32)
    local.get $n
    return_call $f))
