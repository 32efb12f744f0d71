;; passive functions
(module (func $f) (elem func $f $f $f))
