;; global of a constant
(module (global i32 (i32.const 1)))
