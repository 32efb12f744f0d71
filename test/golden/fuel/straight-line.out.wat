;; start-up fuel 0, 1 blocks, 1 decrements, 0 checks
(module
  (type (;0;) (func (param i32) (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $a i32) (result i32)
    (local i64)
    global.get 0
    local.set 1
    local.get $a
    i32.const 2
    i32.mul
    local.tee $a
    local.get 1
    i64.const 5
    i64.sub
    global.set 0)
  (export "f" (func 0)))
