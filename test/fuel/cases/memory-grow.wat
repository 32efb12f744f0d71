;; memory.grow
(module (memory 1)
  (func $run i32.const 5 memory.grow drop)
  (start $run))
