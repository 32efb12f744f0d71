;; else taken (after case 11 of tests/all/fuel.wast)
(module 
  (func $run i32.const 0 if call $run else i32.const 0 drop end)
  (start $run))
