;; memory.init (after case 24 of tests/all/fuel.wast)
(module (memory 1) (data $d "0123456789012345678901234567890123456789")
  (func $run i32.const 0 i32.const 0 i32.const 20 memory.init $d)
  (start $run))
