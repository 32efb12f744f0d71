;; segment at a computed place
(module (memory 1) (data (i32.add (i32.const 0) (i32.const 0)) "abc"))
