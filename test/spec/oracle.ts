/** Job: run one script on the oracle: what each command costs by definition, and whether the oracle passes it. Never: use V8 for control. */
import { decode, type External, type ValueType } from "../oracle/decode.ts";
import { instantiate, type Resolve } from "../oracle/instantiate.ts";
import { invoke } from "../oracle/interpret.ts";
import { classify } from "../oracle/run.ts";
import {
  type Callee,
  type Entity,
  HostReference,
  I31,
  type Instance,
  Memory,
  type Meter,
  type Reference,
  type Value,
} from "../oracle/store.ts";
import { identities } from "../oracle/types.ts";
import { isForeign } from "./runner.ts";
import type { Action, Script } from "./script.ts";
import { matches, type Passed, toPassed } from "./values.ts";

export interface OracleVerdict {
  readonly line: number;
  readonly type: string;
  /** How it ended: `returned`, `trap`, `exception`, `exhausted`, `endless`, `unsupported`; `none` where nothing ran. */
  readonly ended: string;
  /** Whether an assert_return got what it wants. */
  readonly holds: boolean;
  readonly consumed: bigint;
}

/** No assertion runs for longer; `exhausted` recursion aside. */
const steps = 3_000_000;

export function runOnOracle(script: Script): OracleVerdict[] {
  const meter: Meter = { consumed: 0, steps };
  const named = new Map<string, Instance>();
  const registered = new Map<string, Instance>();
  const definitions = new Map<string, Uint8Array>();
  const spectest = makeSpectest();
  let current: Instance | null = null;
  let definition: Uint8Array = new Uint8Array();
  const verdicts: OracleVerdict[] = [];

  const resolve: Resolve = (entry) => {
    const found = entry.module === "spectest" ? spectest(entry) : registered.get(entry.module)?.exports.get(entry.name);
    if (found === undefined || found.kind !== entry.kind) throw new Error(`no import ${entry.module}.${entry.name}`);
    return found;
  };
  const act = (action: Action): Passed[] => {
    const instance = action.module === undefined ? current : named.get(action.module);
    const found = instance?.exports.get(action.field);
    if (found === undefined) throw new Error(`no export ${action.field}`);
    if (found.kind === "global") return [toBits(found.entity.type, found.entity.value)];
    const callee = found.entity as Callee;
    const { parameters, results } = callee.signature;
    const values = (action.args ?? []).map((value, i) => fromBits(parameters[i]!, toPassed(value)));
    return invoke(callee, values).map((value, i) => toBits(results[i]!, value));
  };

  for (const command of script.commands) {
    if (isForeign(command)) continue;
    meter.consumed = 0;
    meter.steps = steps;
    let ended = "none";
    let holds = true;
    const attempt = (run: () => void) => {
      try {
        run();
        ended = "returned";
      } catch (error) {
        try {
          ended = classify(error).kind;
        } catch {
          ended = `error: ${error}`;
        }
        holds = false;
      }
    };
    const bytes = () => script.read(command.binary_filename ?? command.filename!);
    const load = (source: Uint8Array, as: string | undefined, keep: boolean) => {
      if (keep) current = null;
      attempt(() => {
        const instance = instantiate(decode(source), meter, resolve);
        if (!keep) return;
        current = instance;
        if (as !== undefined) named.set(as, instance);
      });
    };
    switch (command.type) {
      case "module":
        definition = bytes();
        if (command.name !== undefined) definitions.set(command.name, definition);
        load(definition, command.name, true);
        break;
      case "module_instance":
        load(definitions.get(command.module ?? "") ?? definition, command.instance, true);
        break;
      case "module_definition":
        definition = bytes();
        if (command.name !== undefined) definitions.set(command.name, definition);
        break;
      case "register": {
        const target = command.name === undefined ? current : named.get(command.name);
        if (target) registered.set(command.as!, target);
        break;
      }
      case "assert_uninstantiable":
        load(bytes(), undefined, false);
        break;
      case "action":
      case "assert_trap":
      case "assert_exception":
        attempt(() => act(command.action!));
        break;
      case "assert_return":
        attempt(() => {
          const got = act(command.action!);
          const wanted = command.expected!;
          if (got.length !== wanted.length || !got.every((value, i) => matches(value, wanted[i]!))) holds = false;
        });
        break;
    }
    verdicts.push({ line: command.line, type: command.type, ended, holds, consumed: BigInt(meter.consumed) });
  }
  return verdicts;
}

const hosts = new Map<unknown, HostReference>();

function fromBits(type: ValueType, passed: Passed): Value {
  if (!(passed instanceof Uint8Array)) {
    if (passed.reference === null) return null;
    const known = hosts.get(passed.reference) ?? new HostReference(passed.reference);
    hosts.set(passed.reference, known);
    return known;
  }
  const view = new DataView(passed.buffer, passed.byteOffset);
  if (type === "v128") return passed;
  return type.endsWith("64") ? view.getBigInt64(0, true) : view.getInt32(0, true);
}

function toBits(type: ValueType, value: Value): Passed {
  if (type.startsWith("ref")) return { reference: toHost(value as Reference) };
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  if (type === "v128") bytes.set(value as Uint8Array);
  else if (type.endsWith("64")) view.setBigInt64(0, value as bigint, true);
  else view.setInt32(0, value as number, true);
  return bytes;
}

/** As the JavaScript API shows it. */
function toHost(value: Reference): unknown {
  if (value instanceof HostReference) return value.host;
  if (value instanceof I31) return value.value;
  return value !== null && "kind" in value ? () => {} : value;
}

function makeSpectest(): (entry: { name: string } & External) => Entity | undefined {
  const function_ = (parameters: ValueType[]): Entity => {
    const bytes = {
      types: [
        { kind: "func", parameters, results: [], fields: [], supertype: null, final: true, group: 0, groupSize: 1 },
      ],
    };
    const [type] = identities(bytes as unknown as Parameters<typeof identities>[0]);
    return {
      kind: "func",
      entity: { kind: "host", type: type!, signature: bytes.types[0] as Callee["signature"], call: () => [] },
    };
  };
  const global = (type: ValueType, value: Value): Entity => ({
    kind: "global",
    entity: { type, mutable: false, value },
  });
  const table = (is64: boolean): Entity => ({
    kind: "table",
    entity: { items: new Array<Reference>(10).fill(null), maximum: 20, is64 },
  });
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat32(0, 666.6);
  const f32 = view.getInt32(0);
  view.setFloat64(0, 666.6);
  const all: Record<string, Entity> = {
    print: function_([]),
    print_i32: function_(["i32"]),
    print_i64: function_(["i64"]),
    print_f32: function_(["f32"]),
    print_f64: function_(["f64"]),
    print_i32_f32: function_(["i32", "f32"]),
    print_f64_f64: function_(["f64", "f64"]),
    global_i32: global("i32", 666),
    global_i64: global("i64", 666n),
    global_f32: global("f32", f32),
    global_f64: global("f64", view.getBigInt64(0)),
    table: table(false),
    table64: table(true),
    memory: { kind: "memory", entity: new Memory(1n, 2n, false) },
  };
  return ({ name }) => all[name];
}
