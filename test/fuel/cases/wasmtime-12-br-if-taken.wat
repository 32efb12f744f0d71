;; br_if taken (after case 12 of tests/all/fuel.wast)
(module 
  (func $run block i32.const 1 br_if 0 i32.const 0 drop end)
  (start $run))
