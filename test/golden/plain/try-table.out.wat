;; refused, unsupported: the plain pass cannot meter Binaryen's TryTable, which its C API does not open; instrument() of @capsule-run/instrument can
