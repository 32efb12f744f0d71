;; start-up fuel 0, 2 blocks, 2 decrements, 2 checks
(module
  (type (;0;) (func))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;0;) (type 0)
    global.get 0
    i64.const 1
    i64.sub
    global.set 0
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end)
  (func (;1;) (type 0)
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
    nop
    nop)
  (export "empty" (func 0))
  (export "free" (func 1)))
