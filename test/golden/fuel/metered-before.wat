(module (import "capsule" "fuel" (global (mut i64))))
