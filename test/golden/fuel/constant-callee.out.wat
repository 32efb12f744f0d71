;; start-up fuel 0, 4 blocks, 0 decrements, 1 checks
(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func (param i32) (result i32)))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func $add (type 0) (param i32 i32) (result i32)
    (local i64)
    global.get 0
    local.set 2
    local.get 0
    local.get 1
    i32.add
    local.get 2
    i64.const 4
    i64.sub
    global.set 0)
  (func (;1;) (type 1) (param $n i32) (result i32)
    (local i64)
    block  ;; label = @1
      global.get 0
      local.set 1
      local.get 1
      i64.const 0
      i64.le_s
      br_if 0 (;@1;)
      local.get $n
      i32.const 1
      local.get 1
      i64.const 4
      i64.sub
      global.set 0
      call $add
      global.get 0
      local.set 1
      i32.const 2
      local.get 1
      i64.const 2
      i64.sub
      global.set 0
      call $add
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
