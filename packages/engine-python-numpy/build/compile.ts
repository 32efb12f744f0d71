/**
 * Job: NumPy's extension modules as object files for wasm32-wasi, by NumPy's own build with compilers that are told what this
 * target has. Never: link: what Meson calls a shared library is here a list of objects.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import type { Parts } from "../../engine-python/build/engine.ts";
import { target } from "../../engine-python/build/libraries.ts";
import { BuildError, run, type Workspace } from "../../engine-python/build/steps.ts";

/** The last five are for NumPy's own tests; its releases have them too. `_simd` is left out: it tests intrinsics. */
export const modules = [
  "numpy/_core/_multiarray_umath",
  "numpy/linalg/_umath_linalg",
  "numpy/linalg/lapack_lite",
  "numpy/fft/_pocketfft_umath",
  "numpy/random/bit_generator",
  "numpy/random/mtrand",
  "numpy/random/_generator",
  "numpy/random/_common",
  "numpy/random/_bounded_integers",
  "numpy/random/_pcg64",
  "numpy/random/_mt19937",
  "numpy/random/_philox",
  "numpy/random/_sfc64",
  "numpy/_core/_multiarray_tests",
  "numpy/_core/_umath_tests",
  "numpy/_core/_rational_tests",
  "numpy/_core/_struct_ufunc_tests",
  "numpy/_core/_operand_flag_tests",
] as const;

/** Vectors of 128 bits, which the compiler makes of loops by itself; V8 has them on every machine, with the same results. */
const features = "+simd128";
/** Exceptions as WebAssembly 3.0 has them: C++ that runs out of memory becomes a MemoryError and not the end of the process. */
const exceptions = ["-fwasm-exceptions", "-mllvm", "-wasm-use-legacy-eh=false"];

const compilerTarget = (language: "c" | "c++") => [
  ...target.slice(0, -1),
  `${target.at(-1)}${features}${language === "c++" ? "+exception_handling" : ""}`,
];

export interface Tree extends Parts {
  readonly numpySource: string;
  readonly tools: string;
}

const prefixMaps = (workspace: Workspace) => [`-ffile-prefix-map=${workspace.folder}=/work`];

/** What takes no argument of a shared library, and what clang does not take for this target. */
const dropped =
  "-fPIC|-Wl,*|-pthread|-ldl|-ftrapping-math|-fno-trapping-math|-ffp-exception-behavior*|-Werror=*|-fdiagnostics-color*";

/** Meson asks a linker for its name before it believes in a compiler. */
const linkerName = "LLD 20.1.0 (compatible with GNU linkers)";

function compilerScript(workspace: Workspace, tree: Tree, language: "c" | "c++", folder: string): string {
  const always = [
    ...compilerTarget(language),
    ...(language === "c++" ? [...exceptions, "-Drestrict=__restrict"] : []),
    ...namedExceptions,
    "-g0",
    "-w",
    "-fno-sanitize=undefined",
    ...prefixMaps(workspace),
    `-I${tree.source}/Include`,
    `-I${tree.built.buildFolder}`,
    `-include ${tree.built.buildFolder}/pthread-names.h`,
  ];
  const mode = language === "c" ? "cc" : "c++";
  const path = join(folder, `compile-${mode}`);
  const script = `#!/bin/sh
for argument; do
  shift
  case "$argument" in
    -Wl,--version) echo "${linkerName}"; exit 0 ;;
    ${dropped}) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec ${tree.zig} ${mode} ${always.join(" ")} "$@"
`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

/** WASI's fenv.h names none; runtime/floating-point.c keeps those that are raised by name. */
const namedExceptions = ["INVALID=1", "DIVBYZERO=2", "OVERFLOW=4", "UNDERFLOW=8"].map((name) => `-DFE_${name}`);

const options = {
  blas: "none",
  lapack: "none",
  "allow-noblas": true,
  "disable-optimization": true,
  "disable-threading": true,
  "disable-svml": true,
  "cpu-baseline": "none",
  "cpu-dispatch": "none",
  default_library: "static",
  buildtype: "release",
  b_ndebug: true,
} as const;

const list = (words: readonly string[]) => `[${words.map((word) => `'${word}'`).join(", ")}]`;

/** Lets Meson look around; returns the folder of NumPy's build. */
export async function configure(workspace: Workspace, tree: Tree): Promise<string> {
  const folder = join(workspace.folder, "numpy");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const cross = `[binaries]
c = '${compilerScript(workspace, tree, "c", folder)}'
cpp = '${compilerScript(workspace, tree, "c++", folder)}'
ar = ${list([tree.zig, "ar"])}
strip = 'true'
python = '${tree.native}'
pkg-config = 'false'
[properties]
needs_exe_wrapper = true
longdouble_format = 'IEEE_QUAD_LE'
skip_sanity_check = true
[host_machine]
system = 'wasi'
cpu_family = 'wasm32'
cpu = 'wasm32'
endian = 'little'
`;
  writeFileSync(join(folder, "cross.ini"), cross);
  writeFileSync(join(folder, "native.ini"), `[binaries]\ncython = ${list([tree.native, "-m", "cython"])}\n`);
  const meson = join(tree.numpySource, "vendored-meson/meson/meson.py");
  const settings = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
  const files = ["--cross-file", join(folder, "cross.ini"), "--native-file", join(folder, "native.ini")];
  const build = join(folder, "build");
  await run(workspace, "numpy-meson", tree.native, [meson, "setup", build, tree.numpySource, ...files, ...settings], {
    env: environment(tree),
  });
  return build;
}

const environment = (tree: Tree) => ({
  PYTHONPATH: tree.tools,
  PYTHONDONTWRITEBYTECODE: "1",
  PATH: `${join(tree.tools, "bin")}:${process.env["PATH"] ?? ""}`,
});

const ninjaOf = (tree: Tree) => join(tree.tools, "bin/ninja");

/** What goes into each extension module, in the order of `modules`. */
function inputs(build: string, tree: Tree): { objects: string[]; archives: string[] } {
  const ask = (...args: string[]) => execFileSync(ninjaOf(tree), ["-C", build, "-t", ...args], { encoding: "utf8" });
  const libraries = ask("targets", "all")
    .split("\n")
    .map((line) => line.slice(0, line.lastIndexOf(":")));
  const objects: string[] = [];
  const archives = new Set<string>();
  const taken = new Set<string>();
  for (const name of modules) {
    const library = libraries.find((path) => path.startsWith(`${name}.`) && path.endsWith(".so"));
    if (library === undefined) throw new BuildError(`NumPy's build knows no module ${name}`);
    const [, input = ""] = ask("query", library).split(/^ {2}(?:input|outputs):.*\n/m);
    for (const [, path, kind] of input.matchAll(/^ {4}(?:\| )?(\S+\.([ao]))$/gm)) {
      if (kind === "a") archives.add(path!);
      // The same source compiled for two modules is the same object.
      else if (!taken.has(basename(path!))) {
        taken.add(basename(path!));
        objects.push(path!);
      }
    }
  }
  return { objects, archives: [...archives] };
}

/** Compiles; returns the absolute paths of objects and archives, in the order of linking. */
export async function compile(workspace: Workspace, tree: Tree, build: string): Promise<string[]> {
  const { objects, archives } = inputs(build, tree);
  const wanted = [...objects, ...archives];
  await run(workspace, "numpy-ninja", ninjaOf(tree), ["-C", build, `-j${availableParallelism()}`, ...wanted], {
    env: environment(tree),
  });
  return wanted.map((path) => join(build, path));
}

/** The parts of the C++ runtime that zig leaves out, from the sources that it carries, and those of `runtime/`. */
export async function compileRuntime(workspace: Workspace, tree: Tree): Promise<string[]> {
  const folder = join(workspace.folder, "numpy/runtime");
  mkdirSync(folder, { recursive: true });
  const zigLibrary = join(tree.zig, "../lib");
  const includes = ["libcxxabi/include", "libcxxabi/src", "libcxx/src", "libunwind/include", "libunwind/src"];
  const settings = [
    "LIBCXXABI_USE_LLVM_UNWINDER",
    "_LIBCXXABI_BUILDING_LIBRARY",
    "_LIBCXXABI_HAS_NO_THREADS",
    "_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS",
    "_LIBUNWIND_HAS_NO_THREADS",
    "_LIBUNWIND_HIDE_SYMBOLS",
  ].map((name) => `-D${name}`);
  const own = join(import.meta.dirname, "runtime");
  const sources = [
    join(zigLibrary, "libcxxabi/src/cxa_exception.cpp"),
    join(zigLibrary, "libcxxabi/src/cxa_personality.cpp"),
    join(zigLibrary, "libunwind/src/Unwind-wasm.c"),
    ...readdirSync(own)
      .sort()
      .map((name) => join(own, name)),
  ];
  const objects: string[] = [];
  for (const file of sources) {
    if (!existsSync(file)) throw new BuildError(`${file} is not there: is the compiler another version?`);
    const name = basename(file).replace(/\.\w+$/, "");
    const object = join(folder, `${name}.o`);
    const flags = [...compilerTarget("c++"), ...exceptions, "-O2", "-g0", "-w", "-fno-sanitize=undefined"];
    const own = [
      `-I${tree.source}/Include`,
      `-I${tree.built.buildFolder}`,
      ...prefixMaps(workspace),
      `-ffile-prefix-map=${import.meta.dirname}=/numpy`,
    ];
    const paths = includes.map((path) => `-I${join(zigLibrary, path)}`);
    await run(workspace, `numpy-${name}`, tree.zig, [
      file.endsWith(".c") ? "cc" : "c++",
      ...flags,
      ...settings,
      ...paths,
      ...own,
      "-c",
      file,
      "-o",
      object,
    ]);
    objects.push(object);
  }
  return objects;
}
