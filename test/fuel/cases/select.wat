;; select
(module 
  (func $run i32.const 1 i32.const 2 i32.const 3 select drop)
  (start $run))
