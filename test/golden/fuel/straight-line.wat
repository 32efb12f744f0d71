;; One block, one charge.
(module
  (func (export "f") (param $a i32) (result i32)
    local.get $a
    i32.const 2
    i32.mul
    local.tee $a))
