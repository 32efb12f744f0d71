;; options: {"maxTable": 5}
(module (table 10 funcref))
