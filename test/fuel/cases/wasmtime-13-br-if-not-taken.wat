;; br_if not taken (after case 13 of tests/all/fuel.wast)
(module 
  (func $run block i32.const 0 br_if 0 i32.const 0 drop end)
  (start $run))
