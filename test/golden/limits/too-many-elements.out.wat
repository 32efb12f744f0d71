;; refused, limit: the module's tables ask for 10 elements, maxTable allows 5 (at byte 11)
