/**
 * Job: run a module in V8, bare or metered, and say how it ended, what it consumed and what its host calls saw.
 * Never: decide what should have happened.
 */
import type { Instrumented, InstrumentReport } from "@capsule-run/instrument";
import type { Module } from "../oracle/decode.ts";
import { hostImports, makeMemory } from "./imports.ts";
import { ending } from "./trap.ts";

export type Outcome = (
  | { readonly kind: "returned"; readonly values: readonly unknown[] }
  | { readonly kind: "trap"; readonly trap: string }
  | { readonly kind: "exception" }
  | { readonly kind: "exhausted" }
  | { readonly kind: "link"; readonly message: string }
  /** `late` where the module itself returned or threw, and only the counter tells. */
  | { readonly kind: "out_of_fuel"; readonly late: boolean }
) & {
  /** Consumed since the budget was set; 0 for a bare module. */
  readonly consumed: bigint;
  /** Host calls in order, with what was consumed when each was made. */
  readonly host: readonly (readonly [name: string, consumed: bigint])[];
};

/** How to reach the counter: none (the bare module), imported, or exported. */
export type Subject =
  | { readonly form: "bare"; readonly compiled: WebAssembly.Module }
  | {
      readonly form: "import" | "export";
      readonly compiled: WebAssembly.Module;
      readonly startFuel: bigint;
      readonly memories: InstrumentReport["memories"];
    };

export function bare(bytes: Uint8Array<ArrayBuffer>): Subject {
  return { form: "bare", compiled: new WebAssembly.Module(bytes) };
}

export function metered(form: "import" | "export", { bytes, report }: Instrumented): Subject {
  const compiled = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  return { form, compiled, startFuel: report.startFuel, memories: report.memories };
}

/** The memories that `memory: "import"` asks for, as the module declared them, a count of refused growths, and no other limit of them. */
function ownMemories(subject: Subject): Record<string, WebAssembly.ImportValue> {
  const out: Record<string, WebAssembly.ImportValue> = {};
  if (subject.form === "bare") return out;
  for (const { module, name, kind } of WebAssembly.Module.imports(subject.compiled)) {
    if (module !== "capsule" || name === "fuel") continue;
    if (kind === "global")
      out[name] = new WebAssembly.Global({ value: "i32", mutable: true }, name === "pages" ? -1 : 0);
    else {
      const { minimumPages, maximumPages, memory64 } = subject.memories[Number(name.slice("memory".length))]!;
      out[name] = makeMemory(BigInt(minimumPages), maximumPages === null ? null : BigInt(maximumPages), memory64);
    }
  }
  return out;
}

export interface Live {
  readonly exports: WebAssembly.Exports;
  /** How instantiation ended; `returned` when it went well. */
  readonly start: Outcome;
  /** Sets the budget anew and calls an export. */
  call(name: string, values: readonly unknown[], budget: bigint): Outcome;
  /** The counter's global, to read or refill at host calls. */
  readonly counter: WebAssembly.Global<"i64"> | null;
}

/** The budget of an exported counter is part of the bytes: `budget` must be the `fuel` it was metered with. */
export function instantiate(
  module: Module,
  subject: Subject,
  budget: bigint,
  onHostCall: (name: string, counter: WebAssembly.Global<"i64"> | null) => void = () => {},
): Live {
  let counter =
    subject.form === "import"
      ? new WebAssembly.Global({ value: "i64", mutable: true }, budget - subject.startFuel)
      : null;
  let limit = budget;
  let host: [string, bigint][] = [];
  // Before an exporting module is up its counter cannot be read: host calls of its start function see nothing.
  const consumed = () => (counter === null ? 0n : limit - counter.value);
  const imports = hostImports(module, {
    called: (name) => {
      host.push([name, consumed()]);
      onHostCall(name, counter);
    },
  });
  const own = ownMemories(subject);
  if (counter !== null) own["fuel"] = counter;
  if (Object.keys(own).length > 0) imports["capsule"] = own;

  const attempt = (run: () => unknown): Outcome => {
    host = [];
    let result: { readonly kind: string; readonly values?: readonly unknown[] };
    try {
      const value = run();
      const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
      result = { kind: "returned", values };
    } catch (error) {
      result = ending(error);
    }
    const late = result.kind === "returned" || result.kind === "exception";
    if (counter !== null && counter.value <= 0n) return { kind: "out_of_fuel", late, consumed: limit, host };
    return { ...result, consumed: consumed(), host } as Outcome;
  };

  let exports: WebAssembly.Exports = {};
  const start =
    subject.form === "import" && budget <= subject.startFuel
      ? ({ kind: "out_of_fuel", late: false, consumed: budget, host } as Outcome)
      : attempt(() => {
          exports = new WebAssembly.Instance(subject.compiled, imports).exports;
          if (subject.form === "export") counter = exports["capsule:fuel"] as WebAssembly.Global<"i64">;
        });
  return {
    exports,
    start,
    counter,
    call(name, values, newBudget) {
      limit = newBudget;
      if (counter !== null) counter.value = newBudget;
      return attempt(() => (exports[name] as (...values: unknown[]) => unknown)(...values));
    },
  };
}

/** A value in the bits that the stored answers use, unsigned: NaN is `nan`, 64-bit values are decimal strings. */
export function bits(type: string, value: unknown): number | string | null {
  if (value === null) return null;
  const view = new DataView(new ArrayBuffer(8));
  switch (type) {
    case "i32":
      return (value as number) >>> 0;
    case "i64":
      return String(BigInt.asUintN(64, value as bigint));
    case "f32":
      view.setFloat32(0, value as number);
      return Number.isNaN(value) ? "nan" : view.getUint32(0);
    case "f64":
      view.setFloat64(0, value as number);
      return Number.isNaN(value) ? "nan" : String(view.getBigUint64(0));
    default:
      return "reference";
  }
}
