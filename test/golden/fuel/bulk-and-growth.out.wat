;; start-up fuel 0, 3 blocks, 3 decrements, 2 checks
(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $n i32) (result i32)
    (local i64 i32 i32)
    global.get 0
    local.set 1
    i32.const 0
    i32.const 7
    local.get $n
    local.tee 2
    memory.fill
    local.get 1
    local.get 2
    i64.extend_i32_u
    i64.sub
    local.set 1
    local.get 1
    i64.const 5
    i64.le_s
    if  ;; label = @1
      i64.const 0
      global.set 0
      unreachable
    end
    local.get $n
    local.tee 2
    memory.grow
    local.tee 3
    i32.const -1
    i32.eq
    if  ;; label = @1
    else
      local.get 1
      local.get 2
      i64.extend_i32_u
      i64.sub
      local.set 1
    end
    local.get 3
    local.get 1
    i64.const 7
    i64.le_s
    if  ;; label = @1
      i64.const 0
      global.set 0
      unreachable
    end
    local.get 1
    i64.const 7
    i64.sub
    global.set 0)
  (func (;1;) (type 1))
  (func (;2;) (type 1))
  (memory (;0;) 1)
  (export "f" (func 0)))
