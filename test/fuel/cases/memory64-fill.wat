;; memory64 fill
(module (memory i64 1)
  (func $run i64.const 0 i32.const 0 i64.const 300 memory.fill)
  (start $run))
