;; table.init (after case 28 of tests/all/fuel.wast)
(module (table 20 funcref)
  (func $run i32.const 0 i32.const 0 i32.const 20 table.init $e)
  (elem $e func $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run) (start $run))
