;; exception caught
(module (tag $e)
  (func $run block try_table (catch $e 0) i32.const 3 drop throw $e end end i32.const 4 drop)
  (start $run))
