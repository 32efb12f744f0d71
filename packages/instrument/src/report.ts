/** Job: the report of a metering: what was placed and what it costs. Never: how it is rendered. */

export interface InstrumentReport {
  /** Units that instantiation costs (SPEC.md §1): taken from the budget before the module runs. */
  readonly startFuel: bigint;
  /** Functions with a body in the input. */
  readonly functions: number;
  /** Functions appended: untouched copies that callers pay for, and empty ones that keep V8 inlining. */
  readonly functionsAdded: number;
  /** Basic blocks of those functions. */
  readonly blocks: number;
  /** Places where the counter is lowered, and where it is compared. */
  readonly decrements: number;
  readonly checks: number;
  /** What the plain pass (one of each per basic block) would have placed. */
  readonly plainDecrements: number;
  readonly plainChecks: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Of the output: one entry per memory, in index order; maxima in pages, null where none is declared. */
  readonly memories: readonly {
    readonly minimumPages: number;
    readonly maximumPages: number | null;
    readonly memory64: boolean;
    readonly imported: boolean;
  }[];
}

export interface Instrumented {
  readonly bytes: Uint8Array;
  readonly report: InstrumentReport;
}
