;; constant before return (after case 15 of tests/all/fuel.wast)
(module 
  (func $run i32.const 0 return)
  (start $run))
