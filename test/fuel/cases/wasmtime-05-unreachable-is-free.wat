;; unreachable is free (after case 5 of tests/all/fuel.wast)
(module 
  (func $run unreachable)
  (start $run))
