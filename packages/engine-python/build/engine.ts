/**
 * Job: CPython for WASI, from pinned sources to `dist/`: the steps in their order, and what a flavour with more inside is linked
 * from.
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
import { type Built, buildWasm, nativePython, sysconfigModule, unpack } from "./cpython.ts";
import { type Kept, keep, recipeOf, restore } from "./kept.ts";
import { buildLibraries } from "./libraries.ts";
import { compiler, libraryArchives, python, pythonArchive, sha256, timeZones } from "./sources.ts";
import { BuildError, run, step, type Workspace } from "./steps.ts";

const dist = join(import.meta.dirname, "..", "dist");
const files = ["python.wasm", "python313.zip"] as const;
const kept: Kept = { name: "finished", recipe: [import.meta.dirname] };

/** What the host reads to find the engine. */
interface Manifest {
  readonly name: "cpython";
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

/** What the build leaves behind: absolute paths. */
export interface Parts {
  /** CPython's source, unpacked. */
  readonly source: string;
  readonly zig: string;
  /** An interpreter of the same version for this machine. */
  readonly native: string;
  readonly built: Built;
}

export function isEngineWhole(folder = dist): boolean {
  const path = join(folder, "manifest.json");
  if (!existsSync(path)) return false;
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  return files.every((name) => existsSync(join(folder, name)) && sha256(join(folder, name)) === manifest.files[name]);
}

/** The folder that sources and steps lie in. */
export function workspaceHere(): Workspace {
  if (process.platform !== "linux") throw new BuildError(`the engine is built on Linux; this is ${process.platform}`);
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "capsule", "engine-python");
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    env: {
      SOURCE_DATE_EPOCH: "1700000000",
      LC_ALL: "C",
      TZ: "UTC",
      ZIG_GLOBAL_CACHE_DIR: join(folder, "zig-cache"),
      ZIG_LOCAL_CACHE_DIR: join(folder, "zig-cache"),
    },
  };
}

/** Puts back what was built on this machine before from the same files. */
export function restoreEngine(workspace: Workspace): boolean {
  const next = `${dist}.next`;
  if (!restore(workspace, next, kept) || !isEngineWhole(next)) return false;
  put(next);
  return true;
}

function put(next: string): void {
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
}

const partsFile = (workspace: Workspace) => join(workspace.folder, "wasm", "parts.json");

/** The parts of an earlier build by the same recipe; null where they are gone. */
export function partsThere(workspace: Workspace): Parts | null {
  try {
    const { recipe, parts } = JSON.parse(readFileSync(partsFile(workspace), "utf8")) as {
      recipe: string;
      parts: Parts;
    };
    const { source, zig, native, built } = parts;
    const places = [source, zig, native === "python3.13" ? source : native, built.wasm];
    return recipe === recipeOf(kept) && places.every((path) => existsSync(path)) ? parts : null;
  } catch {
    return null;
  }
}

export async function buildEngine(workspace: Workspace): Promise<Parts> {
  const { folder } = workspace;
  const archive = await step(`CPython ${python.version}, its source`, () => pythonArchive(workspace));
  const zig = await step("The C compiler", () => compiler(workspace));
  const sources = await step("zlib, bzip2 and SQLite, their sources", () => libraryArchives(workspace));
  const zones = await step("The time zone database", () => timeZones(workspace));
  const libraries = await step("zlib, bzip2 and SQLite for WASI", () => buildLibraries(workspace, zig, sources));
  const source = await step("Unpacking", () => unpack(workspace, archive));
  const native = await step("A native interpreter of the same version", () => nativePython(workspace, source));
  const built = await step("CPython for WASI", () => buildWasm(workspace, { source, zig, native, libraries }));
  const parts: Parts = { source, zig, native, built };
  writeFileSync(partsFile(workspace), JSON.stringify({ recipe: recipeOf(kept), parts }));
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
  const next = `${dist}.next`;
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
  put(next);
  keep(workspace, dist, kept);
  console.log(
    `CPython ${python.version} is ready; capsule uses it from now on.\n${JSON.stringify(manifest.files, null, 2)}`,
  );
  return parts;
}
