/** Job: every number that bounds a component on its way into V8 and at its borders. Never: fuel or memory (the driver's). */

/** What one component may take of the host before and while it runs. */
export interface ComponentLimits {
  /** Definitions, arguments and exports carried out over all nested instances: ends what instantiates twice what instantiates twice … */
  readonly definitions: number;
  /** Component instances, the outermost included. */
  readonly instances: number;
  /** Core instances; each with a memory of its own takes 8 GiB of address space. */
  readonly coreInstances: number;
  /** Components in components, and instance types in instance types. */
  readonly nesting: number;
  /** Value types in value types: bounds the recursion of lift and lower. */
  readonly typeDepth: number;
  /** Value and function types that are looked up in all instances, with their fields, cases and labels. */
  readonly types: number;
  /** Live handles of all instances. */
  readonly handles: number;
  /** What the outermost component exports, in instances in instances. */
  readonly exports: number;
  /** Estimated bytes of JavaScript values that one call may make of guest memory (Wasmtime's hostcall fuel: 128 MiB). */
  readonly liftBytes: number;
  /**
   * Estimated bytes of one string, or of the array of one list, that is made of guest memory. Where guests can fill the heap
   * beforehand a large allocation ends the process, and many small ones only the thread.
   */
  readonly largestValue: number;
}

export const defaultLimits: ComponentLimits = {
  definitions: 1_000_000,
  instances: 10_000,
  coreInstances: 10_000,
  nesting: 100,
  typeDepth: 100,
  types: 1_000_000,
  handles: 1_000_000,
  exports: 100_000,
  liftBytes: 128 * 1024 * 1024,
  largestValue: 128 * 1024 * 1024,
};

/** The largest value type, list and string in bytes; CanonicalABI.md#element-size, MAX_LIST_BYTE_LENGTH, MAX_STRING_BYTE_LENGTH. */
export const maxBytes = 2 ** 28 - 1;
/** Core parameters and results of a function; beyond them values travel through memory. */
export const maxFlatParameters = 16;
export const maxFlatResults = 1;
