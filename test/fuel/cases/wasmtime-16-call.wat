;; call (after case 16 of tests/all/fuel.wast)
(module 
  (func $run call $other)
  (func $other) (start $run))
