;; constants before unreachable (after case 6 of tests/all/fuel.wast)
(module 
  (func $run i32.const 0 i32.const 1 i32.const 2 i32.const 3 i32.const 4 i32.const 5 unreachable)
  (start $run))
