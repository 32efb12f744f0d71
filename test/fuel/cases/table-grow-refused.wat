;; table.grow refused
(module (table 0 3 funcref)
  (func $run ref.null func i32.const 5 table.grow drop)
  (start $run))
