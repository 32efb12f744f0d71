;; segment of its memory
(module (memory 1) (data (i32.const 5) "ab"))
