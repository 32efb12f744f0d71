;; start-up fuel 0, 2 blocks, 1 decrements, 0 checks
(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func (param i32) (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func $add (type 0) (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.add)
  (func (;1;) (type 1) (param $n i32) (result i32)
    (local i64)
    global.get 0
    local.set 1
    local.get $n
    i32.const 1
    call $add
    i32.const 2
    call $add
    local.get 1
    i64.const 14
    i64.sub
    global.set 0)
  (export "f" (func 1)))
