;; memory.fill (after case 23 of tests/all/fuel.wast)
(module (memory 1)
  (func $run i32.const 0 i32.const 0 i32.const 100 memory.fill)
  (start $run))
