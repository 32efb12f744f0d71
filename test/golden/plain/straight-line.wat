;; One block: everything is paid for on entering, 1 for the entry and 1 for each of four operators.
(module
  (func (export "f") (param $a i32) (result i32)
    local.get $a
    i32.const 2
    i32.mul
    local.tee $a))
