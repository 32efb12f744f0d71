;; empty module (after case 1 of tests/all/fuel.wast)
(module)
