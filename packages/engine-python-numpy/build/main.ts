/**
 * Job: NumPy compiled into the fast CPython: from pinned sources to `dist/`, beside the engine without it, whose objects it is
 * linked from.
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
import { join } from "node:path";
import type { Parts } from "../../engine-python/build/engine.ts";
import { keep, restore } from "../../engine-python/build/kept.ts";
import { python, sha256 } from "../../engine-python/build/sources.ts";
import { run, step, type Workspace } from "../../engine-python/build/steps.ts";
import { compile, compileRuntime, configure, type Tree } from "./compile.ts";
import { buildTools, numpy, numpyArchive, unpackNumpy } from "./sources.ts";

const dist = join(import.meta.dirname, "..", "dist");
const files = ["python-numpy.wasm", "numpy.zip"] as const;
const label = `NumPy ${numpy.version}`;

/** What the host reads to find the flavour; the standard library is the plain engine's, of the same version. */
interface Manifest {
  readonly name: "numpy";
  readonly version: string;
  readonly python: string;
  readonly files: Readonly<Record<string, string>>;
}

export function isNumpyWhole(folder = dist): boolean {
  const path = join(folder, "manifest.json");
  if (!existsSync(path)) return false;
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  return files.every((name) => existsSync(join(folder, name)) && sha256(join(folder, name)) === manifest.files[name]);
}

const kept = {
  name: "finished-numpy",
  recipe: [import.meta.dirname, join(import.meta.dirname, "../../engine-python/build")],
};

/** Puts back what was built on this machine before from the same files. */
export function restoreNumpy(workspace: Workspace): boolean {
  const next = `${dist}.next`;
  if (!restore(workspace, next, kept) || !isNumpyWhole(next)) return false;
  put(next);
  return true;
}

function put(next: string): void {
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
}

/** @param parts of the engine without NumPy, with the objects still there */
export async function buildNumpy(workspace: Workspace, parts: Parts): Promise<void> {
  const archive = await step(`${label}, its source`, () => numpyArchive(workspace));
  const tools = await step("Cython and Ninja", () => buildTools(workspace));
  const numpySource = await step(`Unpacking ${label}`, () => unpackNumpy(workspace, archive));
  const tree: Tree = { ...parts, numpySource, tools };
  const build = await step(`${label}: Meson looks around`, () => configure(workspace, tree));
  const objects = await step(`${label} for WASI`, () => compile(workspace, tree, build));
  const runtime = await step("Exceptions of C++", () => compileRuntime(workspace, tree));
  const next = `${dist}.next`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  const wasm = join(next, "python-numpy.wasm");
  await step("CPython with NumPy", () => link(workspace, tree, [...runtime, ...objects], wasm));
  await step("NumPy's library", () =>
    run(workspace, "numpy-library", parts.native, [
      join(import.meta.dirname, "library.py"),
      numpySource,
      build,
      workspace.folder,
      join(next, "numpy.zip"),
    ]),
  );
  for (const name of files) chmodSync(join(next, name), 0o644);
  copyFileSync(join(numpySource, "LICENSE.txt"), join(next, "LICENSE-numpy.txt"));
  copyFileSync(join(numpySource, "LICENSES_bundled.txt"), join(next, "LICENSES-numpy-bundled.txt"));
  copyFileSync(join(parts.source, "LICENSE"), join(next, "LICENSE-python.txt"));
  const manifest: Manifest = {
    name: "numpy",
    version: numpy.version,
    python: python.version,
    files: Object.fromEntries(files.map((name) => [name, sha256(join(next, name))])),
  };
  writeFileSync(join(next, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  put(next);
  keep(workspace, dist, kept);
  console.log(
    `${label} is ready; programs that import it get it from now on.\n${JSON.stringify(manifest.files, null, 2)}`,
  );
}

/** CPython's own link line with more objects, another main function, and the C++ library. */
async function link(workspace: Workspace, tree: Tree, objects: readonly string[], out: string): Promise<void> {
  const folder = tree.built.buildFolder;
  const makefile = join(workspace.folder, "numpy/link.mk");
  writeFileSync(
    makefile,
    `include Makefile
numpy:
\t$(LINKCC) $(PY_CORE_LDFLAGS) $(LINKFORSHARED) -o $(OUT) $(OBJECTS) $(LINK_PYTHON_OBJS) $(LIBS) $(MODLIBS) $(SYSLIBS)
`,
  );
  await run(
    workspace,
    "numpy-link",
    "make",
    [
      "-f",
      makefile,
      "numpy",
      `OUT=${out}`,
      `OBJECTS=${objects.join(" ")}`,
      `LINKCC=${tree.zig} c++ -target wasm32-wasi`,
      `SYSLIBS=-lm ${folder}/netdb-stubs.o`,
    ],
    { cwd: folder },
  );
}
