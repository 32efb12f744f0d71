/** Job: which engine runs a file, by its ending; an engine is loaded when its first file comes. Never: an engine's work. */
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";
import type { Engine } from "./interface.ts";

interface Row {
  readonly name: string;
  readonly extensions: readonly string[];
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
    name: "module",
    extensions: [".wasm", ".wat"],
    load: async () => (await import("./module/engine.ts")).moduleEngine(),
  },
];

/** The engines of one host: each is made once, and keeps what it has made ready. */
export class Engines {
  readonly #made = new Map<string, Promise<Engine>>();

  /** @throws CapsuleError `invalid_config` for an ending that no engine has */
  of(path: string): Promise<Engine> {
    const row = table.find(({ extensions }) => extensions.some((extension) => path.endsWith(extension)));
    if (row === undefined) {
      const known = table.flatMap(({ extensions }) => extensions).join(", ");
      throw new CapsuleError(
        "invalid_config",
        `${quote(path)}: no engine runs this kind of file; known endings: ${known}`,
      );
    }
    return this.#load(row);
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
