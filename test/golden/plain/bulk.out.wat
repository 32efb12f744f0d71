;; start-up fuel 0, 2 blocks, 2 decrements, 2 checks
(module
  (type (;0;) (func (param i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $length i32)
    (local i32)
    global.get 0
    i64.const 5
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end
    i32.const 0
    i32.const 7
    local.get $length
    local.tee 1
    memory.fill
    global.get 0
    local.get 1
    i64.extend_i32_u
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end)
  (memory (;0;) 1)
  (export "f" (func 0)))
