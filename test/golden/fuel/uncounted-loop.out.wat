;; start-up fuel 0, 4 blocks, 2 decrements, 1 checks
(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $at i32) (result i32)
    (local i64)
    global.get 0
    local.set 1
    loop  ;; label = @1
      local.get 1
      i64.const 1
      i64.le_s
      if  ;; label = @2
        i64.const 0
        global.set 0
        unreachable
      end
      local.get $at
      i32.load8_u
      if  ;; label = @2
        local.get $at
        i32.const 1
        i32.add
        local.set $at
        local.get 1
        i64.const 8
        i64.sub
        local.set 1
        br 1 (;@1;)
      end
    end
    local.get $at
    local.get 1
    i64.const 5
    i64.sub
    global.set 0)
  (func (;1;) (type 1))
  (func (;2;) (type 1))
  (memory (;0;) 1)
  (export "f" (func 0)))
