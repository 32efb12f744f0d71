/** Job: what of the specification's tests is not asked of the metered modules, each with its reason. Never: a defect of ours. */

/** Scripts that V8 14.6 (Node 26) does not pass on the bare module either: how many commands, and why. */
export const bareFailures: Readonly<Record<string, readonly [count: number, reason: string]>> = {
  memory64: [2, "2^48 pages are above V8's limit of 262,144"],
  table: [1, "2^32 - 1 elements are above V8's limit of 10,000,000"],
  table64: [1, "2^64 - 1 elements are above V8's limit of 10,000,000"],
  "proposals/custom-descriptors/array_new_exact": [1, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/binary-descriptors": [2, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/br_on_cast": [1, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/br_on_cast_desc_eq": [99, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/br_on_cast_desc_eq_fail": [99, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/br_on_cast_fail": [1, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/descriptors": [6, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/exact-casts": [111, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/exact-func-import": [21, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/exact": [16, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/ref_cast_desc_eq": [93, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/ref_get_desc": [27, "custom descriptors are behind a flag"],
  "proposals/custom-descriptors/struct_new_desc": [26, "custom descriptors are behind a flag"],
  "proposals/custom-page-sizes/custom-page-sizes-invalid": [4, "custom page sizes are not in V8"],
  "proposals/custom-page-sizes/custom-page-sizes": [44, "custom page sizes are not in V8"],
  "proposals/custom-page-sizes/memory_max": [4, "custom page sizes are not in V8"],
  "proposals/custom-page-sizes/memory_max_i64": [4, "custom page sizes are not in V8"],
  "proposals/threads/imports": [
    7,
    "the proposal's tests predate multiple memories, and spectest has no shared memory here",
  ],
  "proposals/threads/memory": [2, "the proposal's tests predate multiple memories"],
  "proposals/wide-arithmetic/wide-arithmetic": [101, "wide arithmetic is not in V8"],
};

/** Scripts whose modules the instrumenter refuses on purpose. */
export const refused: readonly (readonly [prefix: RegExp, reason: string])[] = [
  [/^proposals\/threads\//, "shared memories are refused: two threads cannot share a counter that neither locks"],
];

/** Single commands, as `script:line`. */
export const deviations: Readonly<Record<string, string>> = {};
