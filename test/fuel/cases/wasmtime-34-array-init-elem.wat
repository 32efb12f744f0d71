;; array.init_elem (after case 34 of tests/all/fuel.wast)
(module (type $t (array (mut funcref))) (global $a (ref $t) (array.new_default $t (i32.const 100)))
  (func $run global.get $a i32.const 0 i32.const 0 i32.const 20 array.init_elem $t $e)
  (elem $e func $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run) (start $run))
