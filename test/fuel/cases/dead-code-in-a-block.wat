;; dead code in a block
(module 
  (func $run block br 0 i32.const 1 drop end i32.const 1 drop)
  (start $run))
