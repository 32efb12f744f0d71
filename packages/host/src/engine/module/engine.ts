/**
 * Job: the engine of plain core modules, binary or text: meter, cache, compile, and say what can be called.
 * Never: run one; interpret what it exports beyond `_start`, `_initialize` and `memory`.
 */
import type { Cache } from "../../cache.ts";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import { commandArguments } from "../arguments.ts";
import type { Call, Engine, EngineJob, ModuleFacts, Parts, Program, SourceFile } from "../interface.ts";
import { type MeteredShape, meter, meteredKey } from "../meter.ts";
import { fitArguments } from "./invoke.ts";
import { exportedSignatures, type Signature } from "./signatures.ts";

const pageBytes = 65_536;
/** Of what fuel means for a plain module (SPEC.md). */
const fuelVersion = "1";

/** One per host: what it has compiled is shared by all runs of the same file. */
export function moduleEngine(): Engine {
  /** The modules used last, by their key: a file that runs again is not compiled again. */
  const known = new Map<string, Promise<Compiled>>();
  const engine: Engine = {
    name: "module",
    extensions: [".wasm", ".wat"],
    async prepare(source, context) {
      const bytes = await binaryOf(source);
      const key = meteredKey(bytes);
      const making = known.get(key) ?? compile(key, bytes, source, context.cache);
      // The map's order is that of use.
      known.delete(key);
      known.set(key, making);
      making.catch(() => known.delete(key));
      const oldest = known.keys().next().value;
      if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
      const { module, shape } = await making;
      return new ModuleProgram(source, bytes, key, module, shape);
    },
    restore: ({ entry, files }, context) => engine.prepare({ path: entry, bytes: files.get(entry)! }, context),
  };
  return engine;
}

const mostKnown = 32;

interface Compiled {
  readonly module: WebAssembly.Module;
  readonly shape: MeteredShape;
}

async function compile(key: string, bytes: Uint8Array, source: SourceFile, cache: Cache): Promise<Compiled> {
  const { metered, report: shape } = await meter(bytes, source, { cache }, key);
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(metered as Uint8Array<ArrayBuffer>);
  } catch (error) {
    // The instrumenter validates what it reads and what it writes: this is ours.
    throw new CapsuleError("internal_error", `the metered form of ${quote(source.path)} does not compile: ${error}`);
  }
  checkImports(module, source);
  return { module, shape };
}

/** A module by its first bytes, else text: what a file is called says less than what it holds. */
async function binaryOf(source: SourceFile): Promise<Uint8Array> {
  const { bytes, path } = source;
  if (bytes[0] === 0 || path.endsWith(".wasm")) return bytes;
  const { parseText } = await import("@capsule-run/instrument/text");
  try {
    return await parseText(new TextDecoder("utf-8", { fatal: true }).decode(bytes), { name: path });
  } catch (error) {
    throw new CapsuleError("build_error", `${quote(path)}: ${error instanceof Error ? error.message : error}`);
  }
}

function checkImports(module: WebAssembly.Module, source: SourceFile): void {
  const foreign = WebAssembly.Module.imports(module).filter(
    (entry) => entry.module !== "capsule" && entry.module !== "wasi_snapshot_preview1",
  );
  if (foreign.length === 0) return;
  const named = foreign.slice(0, 5).map((entry) => `${entry.kind} ${quote(`${entry.module}.${entry.name}`)}`);
  const more = foreign.length > 5 ? ` and ${foreign.length - 5} more` : "";
  throw new CapsuleError(
    "build_error",
    `${quote(source.path)} imports ${named.join(", ")}${more}; a module may import wasi_snapshot_preview1 only`,
  );
}

class ModuleProgram implements Program {
  readonly engine = { name: "module", version: fuelVersion };
  readonly identity: string;
  readonly minimumMemoryBytes: number;
  readonly #source: SourceFile;
  readonly #module: WebAssembly.Module;
  readonly #shape: MeteredShape;
  readonly #functions: ReadonlyMap<string, Signature>;

  constructor(source: SourceFile, bytes: Uint8Array, key: string, module: WebAssembly.Module, shape: MeteredShape) {
    this.#source = source;
    this.#module = module;
    this.#shape = shape;
    this.#functions = exportedSignatures(bytes);
    this.identity = key;
    this.minimumMemoryBytes = shape.memories.reduce((sum, memory) => sum + memory.minimumPages * pageBytes, 0);
  }

  discovery(): null {
    return null;
  }

  facts(): ModuleFacts {
    const names = (types: Signature["parameters"]) => types.map((type) => type ?? "other");
    return {
      imports: WebAssembly.Module.imports(this.#module)
        .filter(({ module }) => module !== "capsule")
        .map(({ module, name, kind }) => ({ module, name, kind })),
      exports: WebAssembly.Module.exports(this.#module).map(({ name, kind }) => {
        const signature = this.#functions.get(name);
        if (kind !== "function" || signature === undefined) return { name, kind };
        return { name, kind, parameters: names(signature.parameters), results: names(signature.results) };
      }),
      memories: this.#shape.memories,
    };
  }

  parts(): Parts {
    const { path, bytes } = this.#source;
    const entry = path.split(/[\\/]/).at(-1)!;
    return { entry, files: new Map([[entry, bytes]]) };
  }

  job(call: Call): EngineJob {
    const { entry } = call;
    const job = {
      module: this.#module,
      memories: this.#shape.memories,
      startFuel: this.#shape.startFuel,
      canThrow: this.#shape.canThrow,
      mounts: [],
      preopens: ["/"],
      args: [this.#source.path.split(/[\\/]/).at(-1)!, ...commandArguments(call.args)],
      env: [],
    };
    switch (entry.kind) {
      case "script": {
        const start = this.#functions.get("_start");
        if (start === undefined)
          throw invalid(`the module is no command: it exports no "_start"; ${this.#choice("name")}`);
        fitArguments("_start", start, []);
        return { ...job, input: { engine: "module", invoke: null } };
      }
      case "export": {
        const signature = this.#functions.get(entry.name);
        if (signature === undefined) {
          throw invalid(`the module exports no function ${quote(entry.name)}; ${this.#choice("it has")}`);
        }
        const args = fitArguments(entry.name, signature, entry.args);
        return { ...job, input: { engine: "module", invoke: { name: entry.name, args } } };
      }
      case "task":
      case "main":
        throw invalid(
          `a core module has no tasks${entry.kind === "task" ? ` such as ${quote(entry.name)}` : ""}; name an export instead (--invoke)`,
        );
    }
  }

  #choice(verb: string): string {
    const names = [...this.#functions.keys()];
    if (names.length === 0) return "it exports no functions at all";
    const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
    const list = names.slice(0, 10).map(quote).join(", ");
    return verb === "name" ? `name an export with --invoke: ${list}${more}` : `it has ${list}${more}`;
  }
}

const invalid = (message: string) => new CapsuleError("invalid_config", message);
