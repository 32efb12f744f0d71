;; Binaryen's C API does not open try_table.
(module
  (tag $t)
  (func (export "f")
    block $handler
      try_table (catch $t $handler)
        throw $t
      end
    end))
