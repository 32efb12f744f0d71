/** Job: which engine runs a file, by its ending, and of the binary ones by its first bytes; an engine is loaded when its first file comes. Never: an engine's work. */
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";
import type { Engine } from "./interface.ts";

interface Row {
  readonly name: string;
  readonly extensions: readonly string[];
  /** Where the ending does not decide: whether these are bytes of the engine's. */
  readonly holds?: (bytes: Uint8Array) => boolean;
  readonly load: () => Promise<Engine>;
}

const table: readonly Row[] = [
  { name: "python", extensions: [".py"], load: async () => (await import("./python/engine.ts")).pythonEngine },
  {
    name: "javascript",
    extensions: [".ts", ".mts", ".js", ".mjs"],
    load: async () => (await import("./javascript/engine.ts")).javascriptEngine,
  },
  {
    name: "component",
    extensions: [".wasm", ".wat"],
    // Of whatever version: the decoder says which it reads.
    holds: (bytes) => wasmLayer(bytes) === 1,
    load: async () => (await import("./component/engine.ts")).componentEngine(),
  },
  {
    name: "module",
    extensions: [".wasm", ".wat"],
    load: async () => (await import("./module/engine.ts")).moduleEngine(),
  },
];

/** 0: core modules, 1: components; null: no binary of WebAssembly's. */
function wasmLayer(bytes: Uint8Array): number | null {
  const isWasm = [0x00, 0x61, 0x73, 0x6d].every((byte, index) => bytes[index] === byte);
  return isWasm && bytes.length >= 8 ? bytes[6]! | (bytes[7]! << 8) : null;
}

/** The engines of one host: each is made once, and keeps what it has made ready. */
export class Engines {
  readonly #made = new Map<string, Promise<Engine>>();

  /**
   * The choice among the engines of an ending, which its bytes make.
   * @throws CapsuleError `invalid_config` for an ending that no engine has
   */
  of(path: string): (bytes: Uint8Array) => Promise<Engine> {
    const rows = table.filter(({ extensions }) => extensions.some((extension) => path.endsWith(extension)));
    const last = rows.at(-1);
    if (last === undefined) {
      if (path.endsWith(".capsule"))
        throw new CapsuleError("invalid_config", `${quote(path)} is an artifact: capsule exec runs it`);
      const known = [...new Set(table.flatMap(({ extensions }) => extensions))].join(", ");
      throw new CapsuleError(
        "invalid_config",
        `${quote(path)}: no engine runs this kind of file; known endings: ${known}`,
      );
    }
    return (bytes) => this.#load(rows.find(({ holds }) => holds?.(bytes) === true) ?? last);
  }

  /** @throws CapsuleError `build_error` for a name that no engine has */
  named(name: string): Promise<Engine> {
    const row = table.find((known) => known.name === name);
    if (row === undefined)
      throw new CapsuleError("build_error", `there is no engine ${quote(name)}; a newer Capsule may have it`);
    return this.#load(row);
  }

  #load(row: Row): Promise<Engine> {
    let engine = this.#made.get(row.name);
    if (engine === undefined) {
      engine = row.load();
      this.#made.set(row.name, engine);
    }
    return engine;
  }
}
