;; A block begins at each label that is branched to, none behind the br_table.
(module
  (func (export "f") (param $n i32) (result i32)
    block $two
      block $one
        local.get $n
        br_table $one $two $one
      end
      i32.const 1
      return
    end
    i32.const 2))
