;; options: {"memory": "import"}
;; A growth beyond the host's limit asks for -1 pages instead, which no memory has; what is refused is counted.
(module
  (memory 1 2)
  (func (export "grow") (param $pages i32) (result i32)
    (memory.grow (local.get $pages))))
