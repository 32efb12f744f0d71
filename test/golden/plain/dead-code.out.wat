;; start-up fuel 0, 2 blocks, 2 decrements, 2 checks
(module
  (type (;0;) (func))
  (type (;1;) (func (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (import "host" "note" (func $note (type 0)))
  (func (;1;) (type 1) (result i32)
    global.get 0
    i64.const 2
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end
    block  ;; label = @1
      br 0 (;@1;)
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
    i32.const 1
    return)
  (export "f" (func 1)))
