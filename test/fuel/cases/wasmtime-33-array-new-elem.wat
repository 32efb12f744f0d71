;; array.new_elem (after case 33 of tests/all/fuel.wast)
(module (type $t (array (mut funcref)))
  (func $run i32.const 0 i32.const 20 array.new_elem $t $e drop)
  (elem $e func $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run) (start $run))
