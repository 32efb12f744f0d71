;; options: {"maxMemory": 65536}
(module (memory 2))
