/** Job: from a path to a program that is ready to run: read the file once, choose its engine, prepare. Never: run anything of it. */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Engine, EngineContext, Program } from "../engine/interface.ts";
import type { Engines } from "../engine/registry.ts";
import { quote } from "../policy/problem.ts";
import { readWhole } from "./read-whole.ts";

/** No program is larger; what a mistake names (a disk image, a device) is. */
const mostBytes = 512 * 1024 * 1024;

/**
 * @param file path, relative to `cwd`
 * @throws CapsuleError `invalid_config` when it cannot be read or no engine runs it, `build_error` when it is no program
 */
export async function loadProgram(
  file: string,
  cwd: string,
  engines: Engines,
  context: EngineContext,
): Promise<{ readonly engine: Engine; readonly program: Program }> {
  const path = resolve(cwd, file);
  const insteadOfFolder = `name a program in it, such as ${quote(join(file, "main.py"))}, or run there without a name what its capsule.toml has as [workflow] entrypoint`;
  const read = () => readWhole(path, { shown: file, mostBytes, insteadOfFolder });
  // Before its name is taken for one of a program: "." has no ending that an engine knows, and a missing file's is no matter.
  if (isMissingOrFolder(path)) await read();
  const chosen = engines.of(path);
  const source = { path, bytes: await read() };
  const engine = await chosen(source.bytes);
  return { engine, program: await engine.prepare(source, context) };
}

/** What else can be wrong with it is said when it is read. */
function isMissingOrFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
