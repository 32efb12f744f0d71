;; array.new (after case 36 of tests/all/fuel.wast)
(module (type $t (array (mut funcref)))
  (func $run ref.null func i32.const 100 array.new $t drop)
  (start $run))
