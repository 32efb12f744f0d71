;; exception caught from a call
(module (tag $e)
  (func $run block try_table (catch_all 0) call $thrower end end)
  (func $thrower i32.const 1 drop throw $e) (start $run))
