;; segment beside a memory without one
(module (memory 0) (memory 1) (data (memory 1) (i32.const 5) "ab"))
