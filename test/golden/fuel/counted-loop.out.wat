;; start-up fuel 0, 3 blocks, 3 decrements, 2 checks
(module
  (type (;0;) (func (param i32)))
  (type (;1;) (func))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $n i32)
    (local $i i32) (local i64 i64)
    global.get 0
    local.set 2
    local.get $n
    i64.extend_i32_s
    local.get $i
    i32.const 1
    i32.add
    i64.extend_i32_s
    i64.sub
    local.tee 3
    i64.const 0
    local.get 3
    i64.const 0
    i64.gt_s
    select
    i64.const 1
    i64.add
    i64.const 10
    i64.mul
    local.set 3
    local.get 2
    local.get 3
    i64.sub
    i64.const 1
    i64.gt_s
    if  ;; label = @1
      local.get 2
      local.get 3
      i64.sub
      local.set 2
      loop  ;; label = @2
        local.get $i
        local.get $i
        i32.store8
        local.get $i
        i32.const 1
        i32.add
        local.tee $i
        local.get $n
        i32.lt_s
        br_if 0 (;@2;)
      end
    else
      loop  ;; label = @2
        local.get 2
        i64.const 10
        i64.sub
        local.set 2
        local.get 2
        i64.const 1
        i64.le_s
        if  ;; label = @3
          i64.const 0
          global.set 0
          unreachable
        end
        local.get $i
        local.get $i
        i32.store8
        local.get $i
        i32.const 1
        i32.add
        local.tee $i
        local.get $n
        i32.lt_s
        br_if 0 (;@2;)
      end
    end
    local.get 2
    i64.const 1
    i64.sub
    global.set 0)
  (func (;1;) (type 1))
  (func (;2;) (type 1))
  (memory (;0;) 1)
  (export "f" (func 0)))
