;; if taken, else not (after case 10 of tests/all/fuel.wast)
(module 
  (func $run i32.const 1 if i32.const 0 drop else call $run end)
  (start $run))
