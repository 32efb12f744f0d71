;; options: {"global": "export", "fuel": "100"}
;; The counter begins at the budget less the start-up fuel: 1 for there being a start-up function, 1 for calling it.
(module
  (func $start)
  (start $start))
