;; nested loops
(module 
  (func $run (local i32 i32) i32.const 3 local.set 0 loop i32.const 4 local.set 1 loop local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0 end local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end)
  (start $run))
