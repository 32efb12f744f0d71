;; expressions into a table
(module (table 10 funcref) (func $f) (elem (i32.const 0) funcref (ref.func $f) (ref.func $f)))
