;; start-up fuel 0, 6 blocks, 4 decrements, 2 checks
(module
  (type (;0;) (func (param i32)))
  (type (;1;) (func (param i32) (result i32)))
  (type (;2;) (func (param i32 i64) (result i64)))
  (type (;3;) (func))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (func $throws (type 2) (param $n i32) (param i64) (result i64)
    local.get $n
    if  ;; label = @1
      local.get $n
      local.get 1
      i64.const 5
      i64.le_s
      if  ;; label = @2
        i64.const 0
        global.set 0
        unreachable
      end
      local.get 1
      i64.const 5
      i64.sub
      global.set 0
      throw $t
    end
    local.get 1
    i64.const 3
    i64.sub)
  (func (;1;) (type 1) (param $n i32) (result i32)
    (local i64)
    global.get 0
    local.set 1
    block (result i32)  ;; label = @1
      try_table  ;; label = @2
        (catch $t 0 (;@1;))
        local.get $n
        local.get 1
        i64.const 4
        i64.le_s
        if  ;; label = @3
          i64.const 0
          global.set 0
          unreachable
        end
        local.get 1
        i64.const 4
        i64.sub
        call $throws
        local.set 1
      end
      i32.const 0
      local.get 1
      i64.const 1
      i64.sub
      global.set 0
    end
    global.get 0
    local.set 1
    local.get 1
    global.set 0)
  (func (;2;) (type 3))
  (tag $t (type 0) (param i32))
  (export "f" (func 1)))
