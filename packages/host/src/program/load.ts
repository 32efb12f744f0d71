/** Job: from a path to a program that is ready to run: read the file once, choose its engine, prepare. Never: run anything of it. */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
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
  const chosen = engines.of(path);
  const source = { path, bytes: await readWhole(path, file) };
  const engine = await chosen(source.bytes);
  return { engine, program: await engine.prepare(source, context) };
}

async function readWhole(path: string, shown: string): Promise<Uint8Array> {
  const refuse = (reason: string): never => {
    throw new CapsuleError("invalid_config", `cannot read ${quote(shown)}: ${reason}`);
  };
  try {
    const handle = await open(path, "r");
    try {
      const found = await handle.stat();
      if (found.isDirectory()) return refuse("this is a folder; name a file");
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
