;; global of null
(module (global funcref (ref.null func)))
