;; options: {"maxMemory": 1048576, "maxTable": 100}
;; A file that leaves us: static maxima; 100 elements are shared by the tables.
(module
  (memory 2)
  (memory 1 4)
  (table 10 funcref)
  (table 10 20 externref))
