;; The handler's block begins behind the value that it catches.
(module
  (tag $t (param i32))
  (func (export "f") (result i32)
    try (result i32)
      i32.const 1
      throw $t
    catch $t
      i32.const 2
      i32.add
    catch_all
      i32.const 3
    end))
