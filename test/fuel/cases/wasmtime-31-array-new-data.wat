;; array.new_data (after case 31 of tests/all/fuel.wast)
(module (type $t (array (mut i8))) (data $d "0123456789012345678901234567890123456789")
  (func $run i32.const 0 i32.const 20 array.new_data $t $d drop)
  (start $run))
