;; options: {"memory": "import"}
;; The host brings the memory and chooses its maximum.
(module
  (memory (export "memory") 2)
  (data (i32.const 0) "kept"))
