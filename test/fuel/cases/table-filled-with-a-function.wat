;; table filled with a function
(module (table 10 funcref (ref.func $f)) (func $f))
