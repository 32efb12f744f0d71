;; empty start (after case 2 of tests/all/fuel.wast)
(module 
  (func $run )
  (start $run))
