;; try_table not left
(module (tag $e)
  (func $run block try_table (catch_all 0) nop end end)
  (start $run))
