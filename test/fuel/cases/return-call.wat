;; return_call
(module 
  (func $run i32.const 1 return_call $other)
  (func $other (param i32) local.get 0 drop) (start $run))
