;; array.init_data (after case 32 of tests/all/fuel.wast)
(module (type $t (array (mut i8))) (global $a (ref $t) (array.new_default $t (i32.const 100))) (data $d "0123456789012345678901234567890123456789")
  (func $run global.get $a i32.const 0 i32.const 0 i32.const 20 array.init_data $t $d)
  (start $run))
