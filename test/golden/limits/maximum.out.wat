;; start-up fuel 0, 0 blocks, 0 decrements, 0 checks
(module
  (import "capsule" "fuel" (global (;0;) (mut i64)))
  (table (;0;) 10 50 funcref)
  (table (;1;) 10 20 externref)
  (memory (;0;) 2 16)
  (memory (;1;) 1 4))
