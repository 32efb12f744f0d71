;; Arms and the join behind them are blocks; an arm that leaves does not join.
(module
  (func (export "f") (param $n i32) (result i32)
    block $out
      local.get $n
      br_if $out
      local.get $n
      if (result i32)
        i32.const 1
      else
        i32.const 2
        return
      end
      return
    end
    i32.const 3))
