/** Job: run one script in V8, every module passed through `prepare` first, and say of each command whether it holds. Never: meter. */
import { type CompositeType, decode, type Module } from "../oracle/decode.ts";
import { ending } from "../support/trap.ts";
import { invoke } from "./adaptor.ts";
import type { Action, Command, Script } from "./script.ts";
import { matches, type Passed, toPassed } from "./values.ts";

export interface Verdict {
  readonly line: number;
  readonly type: string;
  readonly holds: boolean;
  /** Why not. */
  readonly why: string;
  /** V8's own word for the trap that was asked for. */
  readonly trap: string;
  /** What the command consumed; 0n for bare modules. */
  readonly consumed: bigint;
}
export interface Prepared {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly startFuel: bigint;
}
export interface World {
  /** Returns the module to run; throws where it is refused. */
  readonly prepare: (bytes: Uint8Array<ArrayBuffer>) => Prepared;
  /** Whether an error of `prepare` is a refusal, as an engine's CompileError is. */
  readonly refusal: (error: unknown) => boolean;
  /** Shared by all modules of the script; null for bare modules. */
  readonly counter: WebAssembly.Global<"i64"> | null;
}

interface Linked {
  readonly exports: WebAssembly.Exports;
  readonly module: Module | null;
}

/** More than any assertion uses, far from where a sum could wrap. */
const budget = 1n << 62n;

/** The text format, and annotations that an engine may ignore, are none of a rewriter's business. */
export const isForeign = (command: Command): boolean =>
  (command.module_type === "text" && command.binary_filename === undefined) || command.type.endsWith("_custom");

export function run(script: Script, world: World): Verdict[] {
  const verdicts: Verdict[] = [];
  const named = new Map<string, Linked>();
  const registered = new Map<string, Linked>([
    ["spectest", { exports: spectest() as WebAssembly.Exports, module: null }],
  ]);
  const definitions = new Map<string, Uint8Array<ArrayBuffer>>();
  let current: Linked | null = null;
  let definition: Uint8Array<ArrayBuffer> | null = null;

  const load = (command: Command): Uint8Array<ArrayBuffer> => script.read(command.binary_filename ?? command.filename!);
  const link = (bytes: Uint8Array<ArrayBuffer>): Linked => {
    const { bytes: prepared, startFuel } = world.prepare(bytes);
    const compiled = new WebAssembly.Module(prepared);
    const imports: Record<string, WebAssembly.Exports> = {};
    for (const [as, { exports }] of registered) imports[as] = exports;
    if (world.counter !== null) {
      imports["capsule"] = { fuel: world.counter } as unknown as WebAssembly.Exports;
      world.counter.value -= startFuel;
    }
    return {
      exports: new WebAssembly.Instance(compiled, imports as WebAssembly.Imports).exports,
      module: decode(bytes),
    };
  };
  const act = (action: Action): Passed[] => {
    const target = action.module === undefined ? current : named.get(action.module);
    if (!target) throw new Error(`no module ${action.module}`);
    const { module, exports } = target;
    const found = module!.exports.find(({ name }) => name === action.field);
    const entity = exports[action.field];
    if (found === undefined || entity === undefined) throw new Error(`no export ${action.field}`);
    if (action.type === "invoke") {
      const type = module!.types[module!.functions[found.index]!]!;
      return invoke(entity as (...values: unknown[]) => unknown, type, (action.args ?? []).map(toPassed));
    }
    return readGlobal(entity as WebAssembly.Global, module!.globals[found.index]!.type);
  };
  let trap = "";
  /** How doing it ended: "" if well, else the trap, `exception`, `exhausted`, `link` or `refused`. */
  const outcome = (what: () => unknown): string => {
    try {
      what();
      return "";
    } catch (error) {
      if (world.refusal(error) || error instanceof WebAssembly.CompileError)
        return `refused: ${(error as Error).message}`;
      const { kind, ...more } = ending(error);
      if (kind !== "trap" || !("trap" in more)) return kind;
      trap = more.trap;
      return trap;
    }
  };

  const perform = (command: Command): string => {
    const bytes = () => load(command);
    switch (command.type) {
      case "module":
      case "module_instance": {
        const source = command.type === "module" ? bytes() : (definitions.get(command.module ?? "") ?? definition!);
        if (command.type === "module" && command.name !== undefined) definitions.set(command.name, source);
        definition = source;
        current = null;
        const failed = outcome(() => {
          current = link(source);
        });
        const as = command.type === "module" ? command.name : command.instance;
        if (failed === "" && as !== undefined) named.set(as, current!);
        return failed;
      }
      case "module_definition":
        definition = bytes();
        if (command.name !== undefined) definitions.set(command.name, definition);
        return outcome(() => new WebAssembly.Module(world.prepare(definition!).bytes));
      case "register": {
        const target = command.name === undefined ? current : named.get(command.name);
        if (!target) return "no module to register";
        registered.set(command.as!, target);
        return "";
      }
      case "action":
        return outcome(() => act(command.action!));
      case "assert_return": {
        let got: Passed[] = [];
        const failed = outcome(() => {
          got = act(command.action!);
        });
        if (failed !== "") return failed;
        const wanted = command.expected!;
        const same = got.length === wanted.length && got.every((value, i) => matches(value, wanted[i]!));
        return same
          ? ""
          : `got ${JSON.stringify(got, (_, value) => (typeof value === "bigint" ? String(value) : value))}`;
      }
      case "assert_trap":
        return expectTrap(outcome(() => act(command.action!)));
      case "assert_uninstantiable":
        return expectTrap(outcome(() => link(bytes())));
      case "assert_exception":
        return expected(
          outcome(() => act(command.action!)),
          /^exception$/,
        );
      case "assert_exhaustion":
        return expected(
          outcome(() => act(command.action!)),
          /^exhausted$/,
        );
      case "assert_unlinkable":
        return expected(
          outcome(() => link(bytes())),
          /^link/,
        );
      case "assert_invalid":
      case "assert_malformed":
        return expected(
          outcome(() => new WebAssembly.Module(world.prepare(bytes()).bytes)),
          /^refused/,
        );
      default:
        return `unknown command ${command.type}`;
    }
  };

  for (const command of script.commands) {
    if (isForeign(command)) continue;
    if (world.counter !== null) world.counter.value = budget;
    let why: string;
    trap = "";
    try {
      why = perform(command);
    } catch (error) {
      why = `error: ${error}`;
    }
    const consumed = world.counter === null ? 0n : budget - world.counter.value;
    verdicts.push({ line: command.line, type: command.type, holds: why === "", why, trap, consumed });
  }
  return verdicts;
}

const expected = (got: string, wanted: RegExp) =>
  wanted.test(got) ? "" : `wanted ${wanted}, got ${got || "a normal end"}`;
/** V8's words for a trap differ from the scripts'; that metering keeps V8's own is checked by the caller. */
const expectTrap = (got: string) =>
  got === "" || /^(exception|exhausted|link|refused)/.test(got) ? `wanted a trap, got ${got || "a normal end"}` : "";

function readGlobal(global: WebAssembly.Global, type: string): Passed[] {
  const signature: CompositeType = {
    kind: "func",
    parameters: [],
    results: [type],
    fields: [],
    supertype: null,
    final: true,
    group: 0,
    groupSize: 1,
  };
  return invoke(() => global.value, signature, []);
}

function spectest(): Record<string, WebAssembly.ImportValue> {
  const nothing = () => {};
  const table64 = { initial: 10n, maximum: 20n, element: "anyfunc", address: "i64" };
  return {
    print: nothing,
    print_i32: nothing,
    print_i64: nothing,
    print_f32: nothing,
    print_f64: nothing,
    print_i32_f32: nothing,
    print_f64_f64: nothing,
    global_i32: new WebAssembly.Global({ value: "i32" }, 666),
    global_i64: new WebAssembly.Global({ value: "i64" }, 666n),
    global_f32: new WebAssembly.Global({ value: "f32" }, 666.6),
    global_f64: new WebAssembly.Global({ value: "f64" }, 666.6),
    table: new WebAssembly.Table({ initial: 10, maximum: 20, element: "anyfunc" }),
    table64: new WebAssembly.Table(table64 as unknown as WebAssembly.TableDescriptor),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}
