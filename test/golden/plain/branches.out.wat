;; start-up fuel 0, 6 blocks, 5 decrements, 5 checks
(module
  (type (;0;) (func (param i32) (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $n i32) (result i32)
    (local i32)
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
    block  ;; label = @1
      local.get $n
      br_if 0 (;@1;)
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
      local.get $n
      if (result i32)  ;; label = @2
        global.get 0
        i64.const 1
        i64.sub
        global.set 0
        global.get 0
        i64.const 0
        i64.le_s
        if  ;; label = @3
          unreachable
        end
        i32.const 1
      else
        global.get 0
        i64.const 1
        i64.sub
        global.set 0
        global.get 0
        i64.const 0
        i64.le_s
        if  ;; label = @3
          unreachable
        end
        i32.const 2
        return
      end
      return
    end
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
    i32.const 3)
  (export "f" (func 0)))
