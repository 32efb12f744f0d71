;; segments far apart
(module (memory 300) (data (i32.const 0) "a") (data (i32.const 16777215) "b"))
