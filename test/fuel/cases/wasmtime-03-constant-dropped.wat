;; constant dropped (after case 3 of tests/all/fuel.wast)
(module 
  (func $run i32.const 7 drop)
  (start $run))
