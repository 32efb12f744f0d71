/** Job: run a module on the oracle with the same host as support/imports.ts and say how it ended and what it cost. Never: have a budget. */
import type { Module, ValueType } from "./decode.ts";
import { instantiate, type Resolve } from "./instantiate.ts";
import { invoke } from "./interpret.ts";
import {
  type Callee,
  defaultValue,
  type Entity,
  type Instance,
  Memory,
  type Meter,
  type Reference,
  StepLimit,
  Thrown,
  Trap,
  Unsupported,
  type Value,
} from "./store.ts";

export type OracleOutcome = (
  | { readonly kind: "returned"; readonly values: readonly Value[] }
  | { readonly kind: "trap"; readonly trap: string }
  | { readonly kind: "exception" }
  /** The oracle's stack is not the engine's: this says only that recursion was deep. */
  | { readonly kind: "exhausted" }
  /** More operators than allowed; what is consumed by then is a lower bound. */
  | { readonly kind: "endless" }
  | { readonly kind: "unsupported"; readonly why: string }
) & {
  readonly consumed: number;
  readonly host: readonly (readonly [name: string, consumed: number])[];
};

export interface OracleRun {
  readonly instance: Instance | null;
  readonly start: OracleOutcome;
  readonly call: (name: string, values: Value[]) => OracleOutcome;
}

export function classify(error: unknown): { kind: string } {
  if (error instanceof Trap) return { kind: "trap", trap: error.message } as { kind: string };
  if (error instanceof Thrown) return { kind: "exception" };
  if (error instanceof StepLimit) return { kind: "endless" };
  if (error instanceof Unsupported) return { kind: "unsupported", why: error.message } as { kind: string };
  if (error instanceof RangeError && /call stack/.test(error.message)) return { kind: "exhausted" };
  throw error;
}

/** Imports of the stock host: functions return zeros, globals are 0, memories and tables as declared, tags new. */
export function stockHost(called: (name: string) => void): Resolve {
  return (entry, instance) => {
    switch (entry.kind) {
      case "func": {
        const signature = instance.module.types[entry.type]!;
        const call = () => {
          called(`${entry.module}.${entry.name}`);
          return signature.results.map(defaultValue);
        };
        return { kind: "func", entity: { kind: "host", type: instance.types[entry.type]!, signature, call } };
      }
      case "memory": {
        const { minimum, maximum, is64 } = entry.memory;
        return { kind: "memory", entity: new Memory(minimum, maximum, is64) };
      }
      case "table": {
        const { minimum, maximum, is64 } = entry.table;
        const items = new Array<Reference>(Number(minimum)).fill(null);
        return { kind: "table", entity: { items, maximum: Number(maximum ?? 10_000_000n), is64 } };
      }
      case "global": {
        const { type, mutable } = entry.global;
        return { kind: "global", entity: { type, mutable, value: defaultValue(type) } };
      }
      case "tag": {
        const arity = instance.module.types[entry.type]!.parameters.length;
        return { kind: "tag", entity: { type: instance.types[entry.type]!, arity } };
      }
    }
  };
}

/** `onHostCall` runs within a host call and may call back into the instance. */
export function runOracle(
  module: Module,
  steps = 20_000_000,
  onHostCall: (instance: Instance | null) => void = () => {},
): OracleRun {
  const meter: Meter = { consumed: 0, steps };
  let host: [string, number][] = [];
  const attempt = (run: () => Value[]): OracleOutcome => {
    host = [];
    meter.steps = steps;
    meter.consumed = 0;
    let outcome: { kind: string };
    try {
      outcome = { kind: "returned", values: run() } as { kind: string };
    } catch (error) {
      outcome = classify(error);
    }
    return { ...outcome, consumed: meter.consumed, host } as OracleOutcome;
  };
  let instance: Instance | null = null;
  const start = attempt(() => {
    instance = instantiate(
      module,
      meter,
      stockHost((name) => {
        host.push([name, meter.consumed]);
        onHostCall(instance);
      }),
    );
    return [];
  });
  return {
    instance,
    start,
    call: (name, values) => {
      const found: Entity | undefined = instance?.exports.get(name);
      if (found?.kind !== "func") throw new Error(`no function ${name}`);
      return attempt(() => invoke(found.entity as Callee, values));
    },
  };
}

/** Values as the stored answers write them (see `bits` in support/run.ts). */
export function oracleBits(type: ValueType, value: Value): number | string | null {
  if (value === null) return null;
  switch (type) {
    case "i32":
      return (value as number) >>> 0;
    case "i64":
      return String(BigInt.asUintN(64, value as bigint));
    case "f32": {
      const bits = (value as number) >>> 0;
      return (bits & 0x7fffffff) > 0x7f800000 ? "nan" : bits;
    }
    case "f64": {
      const bits = BigInt.asUintN(64, value as bigint);
      return (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n ? "nan" : String(bits);
    }
    default:
      return "reference";
  }
}
