;; start-up fuel 0, 1 blocks, 1 decrements, 1 checks
(module
  (type (;0;) (func (param i32) (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func $f (type 0) (param $n i32) (result i32)
    global.get 0
    i64.const 3
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end
    local.get $n
    return_call $f)
  (export "f" (func $f)))
