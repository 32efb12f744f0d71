;; 1 for each page, unless the growth was refused.
(module
  (memory 1)
  (func (export "f") (param $pages i32) (result i32)
    local.get $pages
    memory.grow))
