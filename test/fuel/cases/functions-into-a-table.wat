;; functions into a table
(module (table 10 funcref) (func $f) (elem (i32.const 0) func $f $f))
