;; br_table
(module 
  (func $run block block block i32.const 1 br_table 0 1 2 end i32.const 1 drop end i32.const 2 drop end)
  (start $run))
