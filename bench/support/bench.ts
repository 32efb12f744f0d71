/** Job: what a benchmark file exports. Never: a benchmark. */
import type { Table } from "./table.ts";

export interface BenchOptions {
  /** Fewer rounds and no large programs: an answer in a minute, less sharp. */
  readonly quick: boolean;
  /** `--only`: names of kernels, programs, … A benchmark says which it knows. */
  readonly only: readonly string[];
  /** Path of a module that exports another `instrument`, to be measured beside the working tree's; null: none. */
  readonly against: string | null;
  /** Progress, for a person who waits. */
  readonly say: (line: string) => void;
}

export interface BenchResult {
  readonly tables: readonly Table[];
  /** Everything that was measured, for `--json`. */
  readonly data: unknown;
}

/** The shape of `bench/<name>.ts`. */
export interface Bench {
  readonly name: string;
  readonly description: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
