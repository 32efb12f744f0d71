;; counted up, top tested
(module 
  (func $run (local i32) block loop local.get 0 i32.const 10 i32.ge_u br_if 1 local.get 0 i32.const 1 i32.add local.set 0 br 0 end end)
  (start $run))
