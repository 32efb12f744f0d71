;; if without else, block result
(module 
  (func $run i32.const 5 i32.const 0 if (param i32) (result i32) i32.const 1 i32.add end drop)
  (start $run))
