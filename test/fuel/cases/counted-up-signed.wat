;; counted up, signed
(module 
  (func $run (local i32) loop local.get 0 i32.const 3 i32.add local.tee 0 i32.const 10 i32.lt_s br_if 0 end)
  (start $run))
