;; struct.new
(module (type $t (struct (field i32)))
  (func $run i32.const 1 struct.new $t drop)
  (start $run))
