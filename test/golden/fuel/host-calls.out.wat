;; start-up fuel 0, 5 blocks, 3 decrements, 2 checks
(module
  (type (;0;) (func (param i32)))
  (type (;1;) (func))
  (import "host" "note" (func $note (type 0)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;1;) (type 0) (param $n i32)
    local.get $n
    if  ;; label = @1
      i32.const 1
      global.get 0
      i64.const 5
      i64.le_s
      if  ;; label = @2
        i64.const 0
        global.set 0
        unreachable
      end
      global.get 0
      i64.const 5
      i64.sub
      global.set 0
      call $note
      global.get 0
      i64.const 2
      i64.sub
      global.set 0
    else
      global.get 0
      i64.const 5
      i64.sub
      global.set 0
    end
    i32.const 2
    global.get 0
    i64.const 0
    i64.le_s
    if  ;; label = @1
      i64.const 0
      global.set 0
      unreachable
    end
    call $note)
  (func (;2;) (type 1))
  (func (;3;) (type 1))
  (export "f" (func 1)))
