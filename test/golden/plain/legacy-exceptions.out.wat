;; start-up fuel 0, 4 blocks, 3 decrements, 3 checks
(module
  (type (;0;) (func (param i32)))
  (type (;1;) (func (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 1) (result i32)
    (local i32 i32)
    global.get 0
    i64.const 4
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end
    try (result i32)  ;; label = @1
      i32.const 1
      throw $t
    catch $t
      local.set 0
      global.get 0
      i64.const 2
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.le_s
      if  ;; label = @2
        unreachable
      end
      local.get 0
      i32.const 2
      i32.add
    catch_all
      global.get 0
      i64.const 1
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.le_s
      if  ;; label = @2
        unreachable
      end
      i32.const 3
    end)
  (tag $t (type 0) (param i32))
  (export "f" (func 0)))
