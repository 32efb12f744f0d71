;; array.new_fixed
(module (type $t (array (mut i8)))
  (func $run i32.const 1 i32.const 2 array.new_fixed $t 2 drop)
  (start $run))
