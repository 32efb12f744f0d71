;; br_table with a value
(module 
  (func $run block (result i32) i32.const 9 i32.const 5 br_table 0 0 0 end drop)
  (start $run))
