;; start-up fuel 0, 3 blocks, 3 decrements, 3 checks
(module
  (type (;0;) (func (result i32)))
  (type (;1;) (func))
  (type (;2;) (func (param i32) (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (import "host" "get" (func $get (type 0)))
  (import "host" "note" (func $note (type 1)))
  (func (;2;) (type 2) (param $a i32) (result i32)
    (local $scratch i32) (local i32)
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
    local.get $a
    local.set $scratch
    call $note
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
    local.get $scratch
    i32.eqz
    call $get
    local.set 2
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
    local.get 2
    i32.add)
  (export "f" (func 2)))
