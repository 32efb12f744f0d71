;; table.copy (after case 25 of tests/all/fuel.wast)
(module (table 100 funcref)
  (func $run i32.const 0 i32.const 0 i32.const 100 table.copy)
  (start $run))
