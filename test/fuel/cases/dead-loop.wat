;; dead loop
(module 
  (func $run block br 0 loop i32.const 1 br_if 0 end end)
  (start $run))
