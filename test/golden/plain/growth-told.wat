;; options: {"memory": "import", "maxMemory": 131072}
;; A memory that the host brings: refused growths are counted for it.
(module
  (memory 1)
  (func (export "f") (param $pages i32) (result i32)
    local.get $pages
    memory.grow))
