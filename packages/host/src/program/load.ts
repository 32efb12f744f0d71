/** Job: from a path to a program that is ready to run: read the file once, choose its engine, prepare. Never: run anything of it. */
import { open, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Engine, EngineContext, Program } from "../engine/interface.ts";
import type { Engines } from "../engine/registry.ts";
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";

/** No program is larger; what a mistake names (a disk image, a device) is. */
const mostFileBytes = 512 * 1024 * 1024;

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
  // Before its name is taken for one of a program: "." has no ending that an engine knows.
  if (await isFolder(path))
    throw new CapsuleError(
      "invalid_config",
      `cannot read ${quote(file)}: this is a folder; name a program in it, such as ${quote(join(file, "main.py"))}, or run there without a name what its capsule.toml has as [workflow] entrypoint`,
    );
  const chosen = engines.of(path);
  const source = { path, bytes: await readWhole(path, file) };
  const engine = await chosen(source.bytes);
  return { engine, program: await engine.prepare(source, context) };
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function readWhole(path: string, shown: string): Promise<Uint8Array> {
  const refuse = (reason: string): never => {
    throw new CapsuleError("invalid_config", `cannot read ${quote(shown)}: ${reason}`);
  };
  try {
    const handle = await open(path, "r");
    try {
      const found = await handle.stat();
      if (!found.isFile()) return refuse("this is no regular file");
      if (found.size > mostFileBytes) return refuse(`${found.size} bytes are more than ${mostFileBytes}`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof CapsuleError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    return refuse(code === "ENOENT" ? "there is no such file" : (code ?? String(error)));
  }
}
