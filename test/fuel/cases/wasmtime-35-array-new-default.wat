;; array.new_default (after case 35 of tests/all/fuel.wast)
(module (type $t (array (mut funcref)))
  (func $run i32.const 100 array.new_default $t drop)
  (start $run))
