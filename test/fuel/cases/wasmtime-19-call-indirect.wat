;; call_indirect (after case 19 of tests/all/fuel.wast)
(module 
  (func $run i32.const 0 call_indirect)
  (func $other) (table funcref (elem $other)) (start $run))
