;; vectors
(module 
  (func $run v128.const i32x4 1 2 3 4 v128.const i32x4 1 2 3 4 i32x4.add drop)
  (start $run))
