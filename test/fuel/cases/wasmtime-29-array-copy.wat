;; array.copy (after case 29 of tests/all/fuel.wast)
(module (type $t (array (mut i8))) (global $a (ref $t) (array.new_default $t (i32.const 100)))
  (func $run global.get $a i32.const 0 global.get $a i32.const 0 i32.const 100 array.copy $t $t)
  (start $run))
