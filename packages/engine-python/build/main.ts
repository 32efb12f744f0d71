/**
 * Job: `npm run engine:python`: CPython for WASI, from pinned sources to `dist/`, in a few minutes; `--check` only says whether it
 * is there and whole.
 * Never: leave half an engine behind.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { buildWasm, nativePython, sysconfigModule, unpack } from "./cpython.ts";
import { keep, restore } from "./kept.ts";
import { buildLibraries } from "./libraries.ts";
import { compiler, libraryArchives, python, pythonArchive, sha256, timeZones } from "./sources.ts";
import { BuildError, run, step, type Workspace } from "./steps.ts";

const dist = join(import.meta.dirname, "..", "dist");
const files = ["python.wasm", "python313.zip"] as const;

/** What the host reads to find the engine. */
interface Manifest {
  readonly name: "cpython";
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

function check(folder = dist): boolean {
  const path = join(folder, "manifest.json");
  if (!existsSync(path)) return false;
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  return files.every((name) => existsSync(join(folder, name)) && sha256(join(folder, name)) === manifest.files[name]);
}

async function build(): Promise<void> {
  if (process.platform !== "linux") throw new BuildError(`the engine is built on Linux; this is ${process.platform}`);
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "capsule", "engine-python");
  mkdirSync(folder, { recursive: true });
  const workspace: Workspace = {
    folder,
    env: {
      SOURCE_DATE_EPOCH: "1700000000",
      LC_ALL: "C",
      TZ: "UTC",
      ZIG_GLOBAL_CACHE_DIR: join(folder, "zig-cache"),
      ZIG_LOCAL_CACHE_DIR: join(folder, "zig-cache"),
    },
  };
  const next = `${dist}.next`;
  if (!process.argv.includes("--force") && restore(workspace, next) && check(next)) {
    rmSync(dist, { recursive: true, force: true });
    renameSync(next, dist);
    console.log(
      `CPython ${python.version} was built on this machine before and is used again (--force builds it anew)`,
    );
    return;
  }
  const archive = await step(`CPython ${python.version}, its source`, () => pythonArchive(workspace));
  const zig = await step("The C compiler", () => compiler(workspace));
  const sources = await step("zlib, bzip2 and SQLite, their sources", () => libraryArchives(workspace));
  const zones = await step("The time zone database", () => timeZones(workspace));
  const libraries = await step("zlib, bzip2 and SQLite for WASI", () => buildLibraries(workspace, zig, sources));
  const source = await step("Unpacking", () => unpack(workspace, archive));
  const native = await step("A native interpreter of the same version", () => nativePython(workspace, source));
  const built = await step("CPython for WASI", () => buildWasm(workspace, { source, zig, native, libraries }));
  const library = join(folder, "python313.zip");
  await step("The standard library", () =>
    run(workspace, "library", native, [
      join(import.meta.dirname, "library.py"),
      join(source, "Lib"),
      sysconfigModule(built, workspace),
      zones,
      library,
    ]),
  );
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  copyFileSync(built.wasm, join(next, "python.wasm"));
  copyFileSync(library, join(next, "python313.zip"));
  for (const name of files) chmodSync(join(next, name), 0o644);
  copyFileSync(join(source, "LICENSE"), join(next, "LICENSE-python.txt"));
  const manifest: Manifest = {
    name: "cpython",
    version: python.version,
    files: Object.fromEntries(files.map((name) => [name, sha256(join(next, name))])),
  };
  writeFileSync(join(next, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
  keep(workspace, dist);
  console.log(
    `CPython ${python.version} is ready; capsule uses it from now on.\n${JSON.stringify(manifest.files, null, 2)}`,
  );
}

try {
  if (process.argv.includes("--check")) {
    if (!check()) throw new BuildError("the engine is not built yet, or not whole: npm run engine:python");
    console.log("the engine is built and whole");
  } else if (check() && !process.argv.includes("--force"))
    console.log("the engine is built already (--force builds it again)");
  else await build();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`engine:python: ${error.message}`);
  process.exitCode = 1;
}
