;; memory.grow refused, length not constant
(module (memory 1 1)
  (func $run (local i32) local.get 0 i32.const 200 i32.add memory.grow drop)
  (start $run))
