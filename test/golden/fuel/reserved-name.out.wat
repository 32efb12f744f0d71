;; refused, reserved_name: the module exports "capsule:mine"; names beginning with "capsule:" are reserved for the meter: rename that export (at byte 21)
