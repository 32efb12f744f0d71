;; br_on_null
(module 
  (func $run block ref.null func br_on_null 0 drop end)
  (start $run))
