;; refused, already_metered: the module imports the counter "capsule" "fuel": it was metered before; meter the original (at byte 11)
