;; passive expressions
(module (func $f) (elem funcref (ref.func $f) (ref.null func)))
