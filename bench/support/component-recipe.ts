/** Job: what is called of a component, as data that every guest process follows. Never: call it. */

export interface ComponentStart {
  readonly kind: "component";
  readonly module: string;
  readonly engine: "metered" | "unmetered" | "jco" | "wasmtime";
  readonly interface: string;
  readonly function: string;
  /** Of {@link componentWork}. */
  readonly work: string;
  readonly n: number;
  /** Calls in one round. */
  readonly repeat: number;
  /** For Wasmtime: consume fuel. */
  readonly fuel: boolean;
}

interface Work {
  /** Arguments as JavaScript has them, the same on every linker. */
  readonly args: (n: number) => readonly unknown[];
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Each stresses one way of values across the border; `number` is nothing but the guest's own work. */
export const componentWork: Readonly<Record<string, Work>> = {
  number: { args: (n) => [n] },
  text: { args: (n) => ["añ🚩 plain text ".repeat(n / 16)] },
  bytes: { args: (n) => [Uint8Array.from(upTo(n), (i) => i & 255)] },
  integers: { args: (n) => [upTo(n).map((i) => BigInt(i) * 1_000_003n)] },
  pairs: { args: (n) => [upTo(n).map((i) => [`word ${i}`, i]), `word ${n - 1}`] },
  records: { args: (n) => [upTo(n).map((i) => ({ x: i / 3, y: -i }))] },
};
