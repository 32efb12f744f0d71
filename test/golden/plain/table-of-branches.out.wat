;; start-up fuel 0, 3 blocks, 3 decrements, 3 checks
(module
  (type (;0;) (func (param i32) (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0) (param $n i32) (result i32)
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
      block  ;; label = @2
        local.get $n
        br_table 0 (;@2;) 1 (;@1;) 0 (;@2;)
      end
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
      i32.const 1
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
    i32.const 2)
  (export "f" (func 0)))
