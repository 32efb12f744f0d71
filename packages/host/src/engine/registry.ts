/** Job: which engine runs a file, by its ending; an engine is loaded when its first file comes. Never: an engine's work. */
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";
import type { Engine } from "./interface.ts";

const engines: readonly { readonly extensions: readonly string[]; readonly load: () => Promise<Engine> }[] = [
  { extensions: [".wasm", ".wat"], load: async () => (await import("./module/engine.ts")).moduleEngine },
  { extensions: [".py"], load: async () => (await import("./python/engine.ts")).pythonEngine },
];

/** @throws CapsuleError `invalid_config` for an ending that no engine has */
export async function engineFor(path: string): Promise<Engine> {
  const found = engines.find(({ extensions }) => extensions.some((extension) => path.endsWith(extension)));
  if (found !== undefined) return found.load();
  const known = engines.flatMap(({ extensions }) => extensions).join(", ");
  throw new CapsuleError("invalid_config", `${quote(path)}: no engine runs this kind of file; known endings: ${known}`);
}
