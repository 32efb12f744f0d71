/** Job: the options of `instrument`, their defaults and their checks, in one place. Never: use them. */

export interface InstrumentOptions {
  /** The counter: `"import"` (default) takes the mutable i64 global `"capsule" "fuel"`; `"export"` defines it and exports it as `"capsule:fuel"`. */
  readonly global?: "import" | "export";
  /** Initial budget of the exported counter, 1 … 2^63 − 1; only with `global: "export"`, where it is required. */
  readonly fuel?: bigint;
  /** `"import"` turns memory `i` of the module into the import `"capsule" "memory<i>"` and tells refused growths through the mutable i32 global `"capsule" "refused"`; `"keep"` (default) leaves memories defined. */
  readonly memory?: "import" | "keep";
  /** Static maximum of every defined memory, in bytes, rounded down to pages; a module that declares a larger minimum is refused. */
  readonly maxMemory?: number;
  /** Maximum of every table, in elements. Default 10,000,000. */
  readonly maxTable?: number;
  /** Proposals that are refused unless admitted here. */
  readonly features?: { readonly gc?: boolean; readonly relaxedSimd?: boolean };
}
