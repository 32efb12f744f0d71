;; refused, unsupported: the plain pass does not meter Binaryen's TryTable nodes; instrument() of @capsule-run/instrument can
