;; nop, block, drop and end cost nothing; the entry costs 1 even of an empty function.
(module
  (func (export "empty"))
  (func (export "free") nop block nop end))
