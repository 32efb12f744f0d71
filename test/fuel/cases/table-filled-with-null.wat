;; table filled with null
(module (table 10 externref (ref.null extern)))
