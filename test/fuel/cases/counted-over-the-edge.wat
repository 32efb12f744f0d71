;; counted over the edge
(module 
  (func $run (local i32) i32.const 2147483640 local.set 0 loop local.get 0 i32.const 1 i32.add local.tee 0 i32.const 0 i32.gt_s br_if 0 end)
  (start $run))
