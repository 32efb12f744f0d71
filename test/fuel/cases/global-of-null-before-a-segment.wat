;; global of null before a segment
(module (global funcref (ref.null func)) (memory 1) (data (i32.const 0) "a"))
