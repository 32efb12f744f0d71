;; dead if
(module 
  (func $run block br 0 i32.const 1 if i32.const 2 drop else i32.const 3 drop end end)
  (start $run))
