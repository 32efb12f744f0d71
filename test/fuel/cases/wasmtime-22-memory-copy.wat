;; memory.copy (after case 22 of tests/all/fuel.wast)
(module (memory 1)
  (func $run i32.const 0 i32.const 0 i32.const 100 memory.copy)
  (start $run))
