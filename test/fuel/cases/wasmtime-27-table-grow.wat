;; table.grow (after case 27 of tests/all/fuel.wast)
(module (table 0 funcref)
  (func $run ref.null func i32.const 100 table.grow drop)
  (start $run))
