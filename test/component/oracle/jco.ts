/**
 * Job: run trials on plain jco: its transpiler and its own WASI shim, in a process of its own, one JSON line in, one out.
 * Its generated code is executed here: only components that we built ourselves may be given.
 * Never: know what is expected.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { transpileBytes } from "@bytecodealliance/jco-transpile";
import { WASIShim } from "@bytecodealliance/preview2-shim/instantiation";
import type { CallsTrial, Json } from "./trial.ts";

/** A type without resources' identities, from our linker: jco's values have none. */
export type Shape =
  | { readonly kind: "list" | "option"; readonly element: Shape }
  | { readonly kind: "tuple"; readonly elements: readonly Shape[] }
  | { readonly kind: "record"; readonly fields: readonly { readonly name: string; readonly type: Shape }[] }
  | { readonly kind: "flags"; readonly names: readonly string[] }
  | { readonly kind: "variant"; readonly cases: readonly { readonly name: string; readonly type: Shape | null }[] }
  | { readonly kind: "result"; readonly ok: Shape | null; readonly error: Shape | null }
  | { readonly kind: "own" | "borrow" | "u64" | "s64" | "other" };

export interface JcoTrial extends CallsTrial {
  /** What imported functions answer, by interface and name; the world `shapes` has a host of its own. */
  readonly answers?: Readonly<
    Record<string, Readonly<Record<string, { readonly type: Shape | null; readonly value: Json }>>>
  >;
  /** Of each call. */
  readonly types: readonly { readonly parameters: readonly Shape[]; readonly result: Shape | null }[];
}

type Any = never;
const camel = (name: string) => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function lower(shape: Shape, json: Json): unknown {
  const at = (name: string) => (json as Record<string, Json>)[name]!;
  switch (shape.kind) {
    case "u64":
    case "s64":
      return BigInt(json as string);
    case "list":
      return (json as Json[]).map((item) => lower(shape.element, item));
    case "tuple":
      return shape.elements.map((element, i) => lower(element, (json as Json[])[i]!));
    case "record":
      return Object.fromEntries(shape.fields.map(({ name, type }) => [camel(name), lower(type, at(name))]));
    case "flags":
      return Object.fromEntries(shape.names.map((name) => [camel(name), (json as string[]).includes(name)]));
    case "option":
      if (shape.element.kind !== "option") return json === null ? undefined : lower(shape.element, json);
      return json === null ? { tag: "none" } : { tag: "some", val: lower(shape.element, at("some")) };
    case "variant": {
      const type = shape.cases.find(({ name }) => name === at("tag"))!.type;
      return type === null ? { tag: at("tag") } : { tag: at("tag"), val: lower(type, at("val")) };
    }
    default:
      return json;
  }
}

function lift(shape: Shape, value: Any): Json {
  const at = (name: string): Any => value[name];
  switch (shape.kind) {
    case "u64":
    case "s64":
      return String(value);
    case "list":
      return Array.from(value as ArrayLike<Any>, (item) => lift(shape.element, item));
    case "tuple":
      return shape.elements.map((element, i) => lift(element, value[i]!));
    case "record":
      return Object.fromEntries(shape.fields.map(({ name, type }) => [name, lift(type, at(camel(name)))]));
    case "flags":
      return shape.names.filter((name) => at(camel(name))).sort();
    case "option":
      if (shape.element.kind !== "option")
        return value === undefined || value === null ? null : lift(shape.element, value);
      return at("tag") === "none" ? null : { some: lift(shape.element, at("val")) };
    case "variant":
      return tagged(at("tag"), shape.cases.find(({ name }) => name === at("tag"))!.type, at("val"));
    case "result":
      return tagged(at("tag"), at("tag") === "ok" ? shape.ok : shape.error, at("val"));
    case "own":
    case "borrow":
      return "handle";
    case "other":
      return value;
    default:
      return shape satisfies never;
  }
}

const tagged = (tag: string, type: Shape | null, value: Any): Json =>
  type === null ? { tag } : { tag, val: lift(type, value) };

type Exports = Record<string, Record<string, unknown>>;

/** What makes an instance: again and again of the same code. */
async function prepare(path: string): Promise<(imports: object) => Exports> {
  const { files } = await transpileBytes(readFileSync(path), {
    name: "component",
    instantiation: "sync",
    base64Cutoff: 0,
    emitTypescriptDeclarations: false,
  });
  const folder = mkdtempSync(join(tmpdir(), "capsule-jco-"));
  try {
    const module = join(folder, "component.mjs");
    writeFileSync(module, files["component.js"] as Uint8Array);
    const { instantiate: start } = (await import(pathToFileURL(module).href)) as {
      instantiate: (core: (name: string) => WebAssembly.Module, imports: object) => Exports;
    };
    const core = (name: string) => new WebAssembly.Module(files[name] as Uint8Array<ArrayBuffer>);
    return (imports) => start(core, imports);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wasi = (sandbox: object) => new WASIShim({ sandbox } as never).getImportObject() as Record<string, unknown>;

function desk(log: string[]) {
  class Page {
    #title: string;
    #lines: string[] = [];
    constructor(title: string) {
      this.#title = title;
    }
    put(line: string, color: string) {
      return this.#lines.push(`${color} ${line}`);
    }
    title() {
      return this.#title;
    }
    static file(page: Page) {
      log.push(`file ${page.#title}: ${page.#lines.join(", ")}`);
      page[Symbol.dispose]();
      return page.#lines.length;
    }
    [Symbol.dispose]() {
      log.push(`drop ${this.#title}`);
    }
  }
  return { Page, log: (level: number, message: string) => log.push(`log ${level} ${message}`) };
}

async function runCalls(trial: JcoTrial) {
  const log: string[] = [];
  const sandbox = { preopens: {}, env: {}, args: [], enableNetwork: false };
  const given = Object.entries(trial.answers ?? {}).map(([name, functions]) => [
    name.replace(/@.*/, ""),
    Object.fromEntries(
      Object.entries(functions).map(([of, { type, value }]) => [
        camel(of),
        (...args: unknown[]) => {
          log.push(`${of} of ${args.length}`);
          const answer = type?.kind === "result" ? type.ok : type;
          return answer === null ? undefined : lower(answer, value);
        },
      ]),
    ),
  ]);
  const host = { "fixture:shapes/desk": desk(log), ...Object.fromEntries(given) };
  const instantiate = await prepare(trial.component);
  const start = () => {
    const component = instantiate({ ...wasi(sandbox), ...host });
    return (trial.interface === "" ? component : component[trial.interface]!) as Record<string, unknown>;
  };
  let on = start();
  const kept = new Map<string, never>();
  const results: Json[] = [];
  for (const [i, { name, args, keep }] of trial.calls.entries()) {
    const { parameters, result } = trial.types[i]!;
    const values = args.map((arg, j) => {
      const handle = (arg as { handle?: string } | null)?.handle;
      return handle === undefined ? lower(parameters[j]!, arg) : kept.get(handle);
    });
    if (name === "drop") {
      (values[0] as Disposable)[Symbol.dispose]();
      results.push(null);
      continue;
    }
    const value = trapping(() => {
      if (result?.kind !== "result") return callOf(on, name)(values) as never;
      // jco throws what is an error.
      try {
        return { tag: "ok", val: callOf(on, name)(values) } as never;
      } catch (error) {
        return { tag: "err", val: payloadOf(error) } as never;
      }
    });
    if (value === trapped) {
      results.push("trap");
      on = start();
      continue;
    }
    if (keep !== undefined) kept.set(keep, value);
    results.push(result === null ? null : lift(result, value));
  }
  return { results, fuel: [], log };
}

const trapped = Symbol("a trap") as never;
function trapping<T>(run: () => T): T | typeof trapped {
  try {
    return run();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return trapped;
    throw error;
  }
}

/** What a result's error carries: jco throws it as it is, or in an error of its own. */
function payloadOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if ("payload" in error) return error.payload;
  throw error;
}

/** "[method]canvas.add" and its like, as jco spells them. */
function callOf(on: Record<string, unknown>, name: string): (args: unknown[]) => unknown {
  const found = /^\[(constructor|method|static)\]([^.]+)(?:\.(.*))?$/.exec(name);
  if (found === null) return (args) => (on[camel(name)] as (...args: unknown[]) => unknown)(...args);
  const [, kind, resource, member] = found;
  const pascal = camel(`-${resource}`);
  const type = on[pascal] as unknown as { new (...args: unknown[]): object; [name: string]: unknown };
  if (kind === "constructor") return (args) => new type(...args);
  if (kind === "static") return (args) => (type[camel(member!)] as (...args: unknown[]) => unknown)(...args);
  return ([self, ...args]) => (self as Record<string, (...args: unknown[]) => unknown>)[camel(member!)]!(...args);
}

/** A command ends this process with its status, and has its standard streams: `jco.ts COMPONENT JSON`. */
async function runCommand(path: string, given: string): Promise<void> {
  const { args, env, folder, guestFolder } = JSON.parse(given) as Record<string, unknown>;
  const preopens = folder === null ? {} : { [String(guestFolder)]: folder };
  const component = (await prepare(path))(wasi({ args, env, preopens, enableNetwork: false }));
  const run = component[Object.keys(component).find((name) => name.startsWith("wasi:cli/run"))!]!["run"] as () => void;
  try {
    run();
  } catch (error) {
    payloadOf(error);
    process.exitCode = 1;
  }
}

if (process.argv.length > 2) await runCommand(process.argv[2]!, process.argv[3]!);
else
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await runCalls(JSON.parse(line) as JcoTrial).catch((error) => ({ error: inspect(error) }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
