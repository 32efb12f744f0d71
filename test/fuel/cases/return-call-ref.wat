;; return_call_ref
(module (type $t (func))
  (func $run ref.func $other return_call_ref $t)
  (func $other (type $t) nop) (elem declare func $other) (start $run))
