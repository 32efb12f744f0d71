;; refused, limit: the module asks for 2 pages of memory, maxMemory allows 1 (at byte 11)
