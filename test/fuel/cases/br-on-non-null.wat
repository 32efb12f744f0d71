;; br_on_non_null
(module 
  (func $run block (result (ref func)) ref.null func br_on_non_null 0 ref.func $run end drop)
  (elem declare func $run) (start $run))
