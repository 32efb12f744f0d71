/** Job: the ways to make a module work, as data that Node and Wasmtime both follow. Never: follow them (guest.ts, guest.py). */

export type Recipe =
  /** A reactor that exports `run(n: i32) → i32`. One instance; the result is the number. */
  | { readonly kind: "run"; readonly n: number }
  /** A WASI preview1 command. A fresh instance for each run, which is what is timed from `_start` on; the result is what it prints. */
  | {
      readonly kind: "wasi";
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly stdin: string;
    }
  /** QuickJS as `quickjs-wasi` builds it. One instance and one context; each run evaluates `source`; the result is its value as a string. */
  | { readonly kind: "quickjs"; readonly source: string }
  /** A dprint plugin (Rust). One instance; each run formats `text`; the result is what comes out. */
  | { readonly kind: "dprint"; readonly config: string; readonly path: string; readonly text: string };

/** What a guest process is told on its first line of stdin. Each further line is one order, each answered by one line. */
export interface GuestStart {
  readonly module: string;
  readonly recipe: Recipe;
  /** For Wasmtime: consume fuel. For Node: ignored; a metered module brings its counter. */
  readonly fuel: boolean;
}

/** `warm MS`: run for that long. `run`: run once. `end`: exit. */
export interface GuestAnswer {
  /** CPU time of the thread that ran. */
  readonly ms: number;
  /** SHA-256 of the result's text, or a number as it is. */
  readonly result: string;
  /** Units consumed, as a decimal string; null without a counter. */
  readonly fuel: string | null;
}
