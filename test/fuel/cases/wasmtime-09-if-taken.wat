;; if taken (after case 9 of tests/all/fuel.wast)
(module 
  (func $run i32.const 1 if i32.const 0 drop end)
  (start $run))
