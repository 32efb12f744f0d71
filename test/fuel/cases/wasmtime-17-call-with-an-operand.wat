;; call with an operand (after case 17 of tests/all/fuel.wast)
(module 
  (func $run i32.const 0 call $other i32.const 0 drop)
  (func $other (param i32)) (start $run))
