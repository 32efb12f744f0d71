;; loop is free (after case 20 of tests/all/fuel.wast)
(module 
  (func $run loop end)
  (start $run))
