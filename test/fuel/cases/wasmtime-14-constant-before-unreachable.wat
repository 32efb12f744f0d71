;; constant before unreachable (after case 14 of tests/all/fuel.wast)
(module 
  (func $run i32.const 0 unreachable)
  (start $run))
