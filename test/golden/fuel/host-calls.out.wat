;; start-up fuel 0, 5 blocks, 2 decrements, 3 checks
(module
  (type (;0;) (func (param i32)))
  (import "host" "note" (func $note (type 0)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func (;1;) (type 0) (param $n i32)
    (local i64)
    block  ;; label = @1
      global.get 0
      local.set 1
      local.get 1
      i64.const 0
      i64.le_s
      br_if 0 (;@1;)
      local.get $n
      if  ;; label = @2
        i32.const 1
        local.get 1
        i64.const 5
        i64.sub
        i64.const 0
        i64.le_s
        br_if 1 (;@1;)
        local.get 1
        i64.const 5
        i64.sub
        global.set 0
        call $note
        global.get 0
        local.set 1
        local.get 1
        i64.const 2
        i64.sub
        local.set 1
      else
        local.get 1
        i64.const 5
        i64.sub
        local.set 1
      end
      i32.const 2
      local.get 1
      i64.const 0
      i64.le_s
      br_if 0 (;@1;)
      local.get 1
      global.set 0
      call $note
      global.get 0
      local.set 1
      local.get 1
      global.set 0
      return
    end
    i64.const 0
    global.set 0
    unreachable)
  (export "f" (func 1)))
