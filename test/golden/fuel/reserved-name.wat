;; The guest must not reach the counter.
(module (func (export "capsule:mine")))
