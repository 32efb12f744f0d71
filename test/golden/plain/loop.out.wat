;; start-up fuel 0, 5 blocks, 4 decrements, 5 checks
(module
  (type (;0;) (func))
  (type (;1;) (func (param i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (import "host" "tick" (func $tick (type 0)))
  (func (;1;) (type 1) (param $n i32)
    global.get 0
    i64.const 1
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end
    loop  ;; label = @1
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
      call $tick
      global.get 0
      i64.const 5
      i64.sub
      global.set 0
      global.get 0
      i64.const 0
      i64.le_s
      if  ;; label = @2
        unreachable
      end
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0 (;@1;)
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
    end
    call $tick
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end)
  (export "f" (func 1)))
