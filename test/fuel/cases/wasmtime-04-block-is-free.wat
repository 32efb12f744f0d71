;; block is free (after case 4 of tests/all/fuel.wast)
(module 
  (func $run block end)
  (start $run))
