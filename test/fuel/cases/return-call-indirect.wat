;; return_call_indirect
(module 
  (func $run i32.const 0 return_call_indirect)
  (func $other) (table funcref (elem $other)) (start $run))
