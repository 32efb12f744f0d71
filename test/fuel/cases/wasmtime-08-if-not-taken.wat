;; if not taken (after case 8 of tests/all/fuel.wast)
(module 
  (func $run i32.const 0 if call $run end)
  (start $run))
