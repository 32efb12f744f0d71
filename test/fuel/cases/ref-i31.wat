;; ref.i31
(module 
  (func $run i32.const 1 ref.i31 drop)
  (start $run))
