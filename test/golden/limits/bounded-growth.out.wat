;; start-up fuel 0, 2 blocks, 2 decrements, 1 checks
(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func))
  (import "capsule" "memory0" (memory (;0;) 1 2))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (import "capsule" "refused" (global (;1;) (mut i32)))
  (import "capsule" "pages" (global (;2;) (mut i32)))
  (func (;0;) (type 0) (param $pages i32) (result i32)
    (local i64 i32 i32)
    global.get 0
    local.set 1
    local.get $pages
    local.tee 2
    i32.const -1
    local.get 2
    memory.size
    i32.add
    global.get 2
    i32.le_u
    select
    memory.grow
    local.tee 3
    i32.const -1
    i32.eq
    if  ;; label = @1
      global.get 1
      i32.const 1
      i32.add
      global.set 1
    else
      local.get 1
      local.get 2
      i64.extend_i32_u
      i64.sub
      local.set 1
    end
    local.get 3
    local.get 1
    i64.const 3
    i64.le_s
    if  ;; label = @1
      i64.const 0
      global.set 0
      unreachable
    end
    local.get 1
    i64.const 3
    i64.sub
    global.set 0)
  (func (;1;) (type 1))
  (func (;2;) (type 1))
  (export "grow" (func 0)))
