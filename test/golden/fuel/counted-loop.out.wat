;; start-up fuel 0, 3 blocks, 1 decrements, 1 checks
(module
  (type (;0;) (func (param i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $n i32)
    (local $i i32) (local i64)
    block  ;; label = @1
      global.get 0
      local.set 2
      loop  ;; label = @2
        local.get 2
        i64.const 1
        i64.sub
        i64.const 0
        i64.le_s
        br_if 1 (;@1;)
        local.get 2
        i64.const 10
        i64.sub
        local.set 2
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
      local.get 2
      i64.const 1
      i64.sub
      global.set 0
      return
    end
    i64.const 0
    global.set 0
    unreachable)
  (memory (;0;) 1)
  (export "f" (func 0)))
