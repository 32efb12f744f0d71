;; start-up fuel 0, 2 blocks, 2 decrements, 2 checks
(module
  (type (;0;) (func (param i32) (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $pages i32) (result i32)
    (local i32 i32)
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
    local.get $pages
    local.tee 2
    memory.grow
    local.set 1
    local.get 1
    i32.const -1
    i32.ne
    if  ;; label = @1
      global.get 0
      local.get 2
      i64.extend_i32_u
      i64.sub
      global.set 0
    end
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end
    local.get 1)
  (memory (;0;) 1)
  (export "f" (func 0)))
