;; start-up fuel 0, 0 blocks, 0 decrements, 0 checks
(module
  (import "capsule" "memory0" (memory (;0;) 2))
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (import "capsule" "refused" (global (;1;) (mut i32)))
  (import "capsule" "pages" (global (;2;) (mut i32)))
  (export "memory" (memory 0))
  (data (;0;) (i32.const 0) "kept"))
