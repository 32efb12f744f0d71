;; call with a result (after case 18 of tests/all/fuel.wast)
(module 
  (func $run call $other drop)
  (func $other (result i32) i32.const 0) (start $run))
