;; table.fill (after case 26 of tests/all/fuel.wast)
(module (table 100 funcref)
  (func $run i32.const 0 ref.null func i32.const 100 table.fill)
  (start $run))
