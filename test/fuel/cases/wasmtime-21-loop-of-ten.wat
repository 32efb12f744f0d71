;; loop of ten (after case 21 of tests/all/fuel.wast)
(module 
  (func $run (local i32) i32.const 10 local.set 0 loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end)
  (start $run))
