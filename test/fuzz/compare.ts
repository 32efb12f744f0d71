/**
 * Job: hold one module, metered in every form and under several budgets, against the oracle (SPEC.md §2: what is
 * returned, trapped, thrown, asked of the host and consumed, and what a smaller budget makes of it).
 * Never: generate, or forgive.
 */
import { type InstrumentOptions, instrument } from "@capsule-run/instrument";
import { decode, type Module } from "../oracle/decode.ts";
import { invoke } from "../oracle/interpret.ts";
import { type OracleOutcome, oracleBits, runOracle } from "../oracle/run.ts";
import type { Instance, Value } from "../oracle/store.ts";
import { bits, instantiate, metered, type Outcome, type Subject } from "../support/run.ts";
import { sameTrap } from "../support/trap.ts";

/** More than anything costs. */
export const plenty = 2n ** 62n;
/** The largest budget there is: a sum above it wraps. */
const largest = 2n ** 63n - 1n;
/** Operators that the oracle runs before it takes a run for endless. */
const steps = 50_000;

interface Operand {
  readonly oracle: Value;
  readonly engine: unknown;
}
/** Arguments for every exported function: the same numbers as the oracle's and the engine's values. */
const argumentSets: readonly ((type: string, i: number) => Operand)[] = [
  (type, i) => operand(type, [7, 3, 12, 1][i % 4]!),
  (type, i) => operand(type, [0, -1, 2 ** 31 - 2, 40][i % 4]!),
];

function operand(type: string, value: number): Operand {
  const view = new DataView(new ArrayBuffer(8));
  switch (type) {
    case "i32":
      return { oracle: value | 0, engine: value | 0 };
    case "i64":
      return { oracle: BigInt(value), engine: BigInt(value) };
    case "f32":
      view.setFloat32(0, value);
      return { oracle: view.getInt32(0), engine: Math.fround(value) };
    case "f64":
      view.setFloat64(0, value);
      return { oracle: view.getBigInt64(0), engine: value };
    default:
      return { oracle: null, engine: null };
  }
}

/** Vectors and exceptions cannot cross into JavaScript, and there is nothing to pass for a reference that is not null. */
const callable = (parameters: readonly string[], results: readonly string[]) =>
  [...parameters, ...results].every((type) => !/^v128$|exn$/.test(type)) &&
  parameters.every((type) => !type.startsWith("ref ") || type.startsWith("ref null"));

/** How much before the budget a run that traps may be cut off, or after it still trap: one segment, generously. */
const slack = (module: Module) => 1000n + 8n * module.code.reduce((sum, { body }) => sum + BigInt(body.length), 0n);

/** What is wrong with the outcome under this budget; "" if nothing. */
export function wrong(
  module: Module,
  full: OracleOutcome,
  got: Outcome,
  budget: bigint,
  types: readonly string[],
): string {
  const cost = BigInt(full.consumed);
  const tolerance = slack(module);
  const host = (consumedFrom: Outcome["host"]) =>
    consumedFrom.map(([name, consumed]) => `${name}@${consumed}`).join(" ");
  const seen = host(got.host);
  const allowed = full.host.filter(([, consumed]) => BigInt(consumed) < budget);
  const wanted = allowed.map(([name, consumed]) => `${name}@${consumed}`).join(" ");
  const shown = `${got.kind}${got.kind === "trap" ? ` (${got.trap})` : ""}`;
  switch (full.kind) {
    case "unsupported":
    case "exhausted":
      return "";
    case "endless":
      if (budget > cost) return "";
      // Endless recursion fills the engine's stack before the budget is spent.
      if (got.kind === "exhausted") return "";
      if (got.kind !== "out_of_fuel") return `endless, yet it ended: ${shown}`;
      break;
    case "trap":
      if (got.kind === "trap") {
        if (!sameTrap(got.trap, full.trap)) return `trap: wanted ${full.trap}, got ${shown}`;
        if (got.consumed < 0n) return `the trap left ${-got.consumed} more than the budget`;
        if (budget + tolerance < cost) return `trapped after ${cost}, far beyond the budget`;
      } else if (got.kind !== "out_of_fuel") return `wanted trap ${full.trap}, got ${shown}`;
      else if (cost + tolerance < budget) return `out of fuel, but it traps after ${cost}`;
      break;
    default:
      if (cost >= budget) {
        if (got.kind !== "out_of_fuel") return `costs ${cost}, yet it ended: ${shown}`;
        break;
      }
      if (got.kind !== full.kind) return `wanted ${full.kind} for ${cost}, got ${shown}`;
      if (got.consumed !== cost) return `fuel: wanted ${cost}, got ${got.consumed}`;
      if (full.kind === "returned" && got.kind === "returned") {
        const one = full.values.map((value, i) => oracleBits(types[i]!, value));
        const other = got.values.map((value, i) => bits(types[i]!, value));
        if (JSON.stringify(one) !== JSON.stringify(other))
          return `results: wanted ${JSON.stringify(one)}, got ${JSON.stringify(other)}`;
      }
  }
  // A run that traps near the budget may be cut off before its last host calls; no other may.
  const prefix = full.kind === "trap" && got.kind === "out_of_fuel" ? wanted.startsWith(seen) : seen === wanted;
  return prefix ? "" : `host calls: wanted ${wanted}, got ${seen}`;
}

/** The budgets at which a run of this cost is asked to stop. */
export function budgets(full: OracleOutcome): bigint[] {
  const cost = BigInt(full.consumed);
  const ends = full.kind === "endless" ? [cost, cost / 2n] : [plenty, largest, cost + 1n, cost, cost - 1n, cost / 2n];
  const hosts = full.host.slice(0, 3).flatMap(([, consumed]) => [BigInt(consumed), BigInt(consumed) + 1n]);
  return [...new Set([...ends, cost / 3n, 1n, ...hosts])].filter((budget) => budget > 0n);
}

export interface CompareOptions {
  readonly forms?: readonly ("import" | "export")[];
  readonly extra?: InstrumentOptions;
  /** How many sets of arguments each function is called with: 1 or 2 (the default). */
  readonly argumentCount?: number;
}

interface Expectation {
  readonly name: string;
  readonly results: readonly string[];
  readonly values: readonly unknown[];
  readonly full: OracleOutcome;
  readonly instance: Instance;
}

/** What the oracle says of every exported function. */
function expectations(module: Module, argumentCount: number): { start: OracleOutcome; calls: Expectation[] } {
  const { start } = runOracle(module, steps);
  const calls: Expectation[] = [];
  if (start.kind !== "returned") return { start, calls };
  for (const { name, kind, index } of module.exports) {
    if (kind !== "func") continue;
    const { parameters, results } = module.types[module.functions[index]!]!;
    if (!callable(parameters, results)) continue;
    for (const values of parameters.length === 0 ? argumentSets.slice(1) : argumentSets.slice(0, argumentCount)) {
      const operands = parameters.map(values);
      const run = runOracle(module, steps);
      const full = run.call(
        name,
        operands.map(({ oracle }) => oracle),
      );
      calls.push({ name, results, values: operands.map(({ engine }) => engine), full, instance: run.instance! });
    }
  }
  return { start, calls };
}

/** Everything that is wrong with the metered module; empty if nothing is. */
export function compare(
  bytes: Uint8Array<ArrayBuffer>,
  { forms = ["import", "export"], extra = {}, argumentCount = 2 }: CompareOptions = {},
): string[] {
  const failures: string[] = [];
  const module = decode(bytes);
  const { start, calls } = expectations(module, argumentCount);
  for (const form of forms) {
    const fail = (where: string, budget: bigint, what: string) => {
      if (what !== "") failures.push(`${form} ${where} budget ${budget}: ${what}`);
    };
    const options: InstrumentOptions = {
      ...extra,
      ...(form === "export" ? { global: form, fuel: plenty } : { global: form }),
    };
    const made = instrument(bytes, options);
    if (!Buffer.from(instrument(bytes, options).bytes).equals(made.bytes))
      failures.push(`${form}: bytes are not deterministic`);
    let subject: Subject;
    try {
      subject = metered(form, made);
    } catch (error) {
      failures.push(`${form}: ${(error as Error).message}`);
      continue;
    }
    // The host of an exported counter sees nothing before the module is up: only a normal start can be told.
    if (form === "import")
      for (const budget of budgets(start))
        fail("start", budget, wrong(module, start, instantiate(module, subject, budget).start, budget, []));
    else if (start.kind === "returned") {
      const got = instantiate(module, subject, plenty).start;
      const host = start.host.map(([name, consumed]) => [name, BigInt(consumed)] as const);
      fail("start", plenty, wrong(module, start, { ...got, host }, plenty, []));
    }
    for (const { name, results, values, full, instance } of calls) {
      for (const budget of budgets(full)) {
        const live = instantiate(module, subject, plenty);
        const got = live.call(name, values, budget);
        // With the imported counter the host looks at it after every return; a file of its own must stop itself.
        const late = form === "export" && got.kind === "out_of_fuel" && got.late;
        const what = late ? "ended normally beyond its budget" : wrong(module, full, got, budget, results);
        fail(`${name}(${values})`, budget, what);
        if (what === "" && got.kind === full.kind && budget === plenty)
          fail(name, budget, sameState(instance, live.exports));
      }
    }
  }
  return failures;
}

/** A host that calls back: its first calls, three deep at most, call an export before they return. */
export function compareReentrant(bytes: Uint8Array<ArrayBuffer>): string[] {
  const module = decode(bytes);
  const target = module.exports.find(({ kind }) => kind === "func");
  const subject = metered("import", instrument(bytes));
  if (target === undefined) return [];
  const { parameters } = module.types[module.functions[target.index]!]!;
  const operands = parameters.map(argumentSets[0]!);
  const limited = (again: () => void) => {
    let depth = 0;
    let calls = 0;
    return () => {
      if (depth >= 3 || calls >= 5) return;
      calls += 1;
      depth += 1;
      try {
        again();
      } finally {
        depth -= 1;
      }
    };
  };
  const failures: string[] = [];
  for (const { name, kind, index } of module.exports) {
    if (kind !== "func") continue;
    const type = module.types[module.functions[index]!]!;
    const values = type.parameters.map(argumentSets[0]!);
    // Host calls of the start function find no instance, in the engine as in the oracle.
    const inOracle = limited(() => {
      const found = run.instance?.exports.get(target.name);
      if (found?.kind === "func")
        invoke(
          found.entity,
          operands.map(({ oracle }) => oracle),
        );
    });
    const run = runOracle(module, steps, (instance) => instance !== null && inOracle());
    if (run.start.kind !== "returned") return [];
    const full = run.call(
      name,
      values.map(({ oracle }) => oracle),
    );
    if (full.kind === "endless") continue;
    let live: ReturnType<typeof instantiate> | null = null;
    const inEngine = limited(() => {
      (live!.exports[target.name] as (...values: unknown[]) => unknown)(...operands.map(({ engine }) => engine));
    });
    live = instantiate(module, subject, plenty, () => live !== null && inEngine());
    const got = live.call(
      name,
      values.map(({ engine }) => engine),
      plenty,
    );
    const what = wrong(module, full, got, plenty, type.results);
    if (what !== "") failures.push(`re-entrant ${name}: ${what}`);
  }
  return failures;
}

/** Whether memory and globals hold the same in the oracle and in the engine. */
function sameState(instance: Instance, exports: WebAssembly.Exports): string {
  for (const [name, { kind, entity }] of instance.exports) {
    if (kind === "memory") {
      const memory = new Uint8Array((exports[name] as WebAssembly.Memory).buffer);
      if (!Buffer.from(entity.bytes).equals(memory)) return `memory "${name}" differs`;
    } else if (kind === "global" && !entity.type.startsWith("ref") && entity.type !== "v128") {
      const value = bits(entity.type, (exports[name] as WebAssembly.Global).value);
      if (value !== oracleBits(entity.type, entity.value))
        return `global "${name}": wanted ${oracleBits(entity.type, entity.value)}, got ${value}`;
    }
  }
  return "";
}
