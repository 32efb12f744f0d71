/** Job: what `instrument` takes: its options, their defaults and their checks, in one place. Never: use them. */

export interface InstrumentOptions {
  /** The counter: `"import"` (default) takes the mutable i64 global `"capsule" "fuel"`; `"export"` defines it and exports it as `"capsule:fuel"`. */
  readonly global?: "import" | "export";
  /** Initial budget of the exported counter, 1 … 2^63 − 1; only with `global: "export"`, where it is required. */
  readonly fuel?: bigint;
  /** `"import"` turns memory `i` of the module into the import `"capsule" "memory<i>"`, refuses growth of a memory beyond what the mutable i32 global `"capsule" "pages"` says (unsigned; the memory's own maximum holds too), and counts refused growths in the mutable i32 global `"capsule" "refused"`; `"keep"` (default) leaves memories defined. */
  readonly memory?: "import" | "keep";
  /** Static maximum of every defined memory, in bytes, rounded down to pages; a module that declares a larger minimum is refused. */
  readonly maxMemory?: number;
  /** What the module's tables may hold together, in elements: their maxima are set so. Default 10,000,000. */
  readonly maxTable?: number;
  /** Proposals that are refused unless admitted here. */
  readonly features?: { readonly gc?: boolean; readonly relaxedSimd?: boolean };
}

export interface ResolvedOptions {
  readonly global: "import" | "export";
  /** 0 with an imported counter. */
  readonly fuel: bigint;
  /** Whether what returns to the host looks at the counter first: the host does not. */
  readonly checkAtReturn: boolean;
  readonly memory: "import" | "keep";
  readonly maxMemory: number | null;
  readonly maxTable: number;
  readonly features: { readonly gc: boolean; readonly relaxedSimd: boolean };
}

const show = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value))
    throw new TypeError(`${name} is ${show(value)}; use ${allowed.map((word) => `"${word}"`).join(" or ")}`);
  return value;
}

function whole(name: string, value: number, minimum: number, maximum: number): number {
  if (!Number.isSafeInteger(value) || value < minimum || value > maximum)
    throw new RangeError(`${name} is ${show(value)}; it must be a whole number from ${minimum} to ${maximum}`);
  return value;
}

const names: readonly string[] = ["global", "fuel", "memory", "maxMemory", "maxTable", "features"];
const featureNames: readonly string[] = ["gc", "relaxedSimd"];

function refuseUnknown(what: string, given: object, known: readonly string[]): void {
  if (typeof given !== "object" || given === null) throw new TypeError(`${what} are ${show(given)}; give an object`);
  for (const name of Object.keys(given))
    if (!known.includes(name)) throw new TypeError(`${what} have no ${show(name)}; there are ${known.join(", ")}`);
}

function flag(name: string, value: boolean | undefined): boolean {
  if (value !== undefined && typeof value !== "boolean")
    throw new TypeError(`${name} is ${show(value)}; use true or false`);
  return value ?? false;
}

/** Misuse throws TypeError. `what`: "the module". */
export function requireBytes(bytes: unknown, what: string): void {
  if (bytes instanceof Uint8Array) return;
  const kind = bytes === null || bytes === undefined ? String(bytes) : Array.isArray(bytes) ? "array" : typeof bytes;
  const article = kind === "null" || kind === "undefined" ? "" : /^[aeiou]/.test(kind) ? "an " : "a ";
  throw new TypeError(`${what} is ${article}${kind}; give its bytes as a Uint8Array`);
}

/** Checks options and fills in the defaults. Misuse throws TypeError or RangeError. */
export function resolveOptions(options: InstrumentOptions): ResolvedOptions {
  refuseUnknown("options", options, names);
  const features = options.features ?? {};
  refuseUnknown("features", features, featureNames);
  const global = oneOf("global", options.global ?? "import", ["import", "export"]);
  const memory = oneOf("memory", options.memory ?? "keep", ["import", "keep"]);
  const { fuel } = options;
  if (fuel !== undefined && typeof fuel !== "bigint") throw new TypeError(`fuel is ${show(fuel)}; it must be a bigint`);
  if (global === "export") {
    if (fuel === undefined)
      throw new TypeError("fuel is missing: an exported counter needs its budget, such as fuel: 100_000_000n");
    if (fuel < 1n || fuel >= 1n << 63n) throw new RangeError(`fuel is ${fuel}; it must be from 1 to 2^63 − 1`);
  } else if (fuel !== undefined)
    throw new TypeError(
      'fuel is given with an imported counter, whose budget the host sets; drop it or use global: "export"',
    );
  return {
    global,
    fuel: fuel ?? 0n,
    checkAtReturn: global === "export",
    memory,
    maxMemory: options.maxMemory === undefined ? null : whole("maxMemory", options.maxMemory, 0, 2 ** 53 - 1),
    maxTable: whole("maxTable", options.maxTable ?? 10_000_000, 0, 10_000_000),
    features: {
      gc: flag("features.gc", features.gc),
      relaxedSimd: flag("features.relaxedSimd", features.relaxedSimd),
    },
  };
}
