;; several memories
(module (memory 1) (memory 1)
  (func $run i32.const 0 i32.const 0 i32.const 300 memory.copy 0 1)
  (start $run))
