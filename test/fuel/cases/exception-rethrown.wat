;; exception rethrown
(module (tag $e)
  (func $run block $o block $h (result exnref) try_table (catch_ref $e $h) throw $e end unreachable end try_table (param exnref) (catch_all $o) throw_ref end end)
  (start $run))
