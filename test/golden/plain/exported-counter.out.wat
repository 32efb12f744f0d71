;; start-up fuel 2, 1 blocks, 1 decrements, 1 checks
(module
  (type (;0;) (func))
  (func $start (type 0)
    global.get $capsule.fuel
    i64.const 1
    i64.sub
    global.set $capsule.fuel
    global.get $capsule.fuel
    i64.const 0
    i64.le_s
    if  ;; label = @1
      unreachable
    end)
  (global $capsule.fuel (mut i64) (i64.const 98))
  (export "capsule:fuel" (global $capsule.fuel))
  (start $start))
