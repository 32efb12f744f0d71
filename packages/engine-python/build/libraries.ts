/** Job: zlib, bzip2 and SQLite as static libraries for wasm32-wasi. Never: fetch. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, type Workspace } from "./steps.ts";

export const target = [
  "-target",
  "wasm32-wasi",
  "-mcpu=generic+bulk_memory+sign_ext+nontrapping_fptoint+mutable_globals",
];

const zlibFiles = [
  "adler32",
  "compress",
  "crc32",
  "deflate",
  "infback",
  "inffast",
  "inflate",
  "inftrees",
  "trees",
  "uncompr",
  "zutil",
];
const bzip2Files = ["blocksort", "huffman", "crctable", "randtable", "compress", "decompress", "bzlib"];
const sqliteOptions = [
  "OMIT_LOAD_EXTENSION",
  "THREADSAFE=0",
  "ENABLE_FTS5",
  "ENABLE_MATH_FUNCTIONS",
  "TEMP_STORE=2",
  "OMIT_WAL",
  "ENABLE_COLUMN_METADATA",
].map((option) => `-DSQLITE_${option}`);

/** Returns the folder that holds `lib*.a` and `include/`. */
export async function buildLibraries(
  workspace: Workspace,
  zig: string,
  sources: { readonly zlib: string; readonly bzip2: string; readonly sqlite: string },
): Promise<string> {
  const folder = join(workspace.folder, "libraries");
  mkdirSync(join(folder, "include"), { recursive: true });
  const stub = join(folder, "bzip2-error.c");
  writeFileSync(stub, "void bz_internal_error(int code) { (void)code; __builtin_trap(); }\n");
  const archive = async (name: string, files: readonly string[], options: readonly string[]) => {
    const objects: string[] = [];
    for (const file of files) {
      const object = join(folder, `${name}-${objects.length}.o`);
      const flags = [...target, "-O3", "-g0", "-w", "-fno-sanitize=undefined", ...options];
      await run(workspace, `${name}-${objects.length}`, zig, ["cc", ...flags, "-c", file, "-o", object]);
      objects.push(object);
    }
    await run(workspace, `${name}-archive`, zig, ["ar", "rcsD", join(folder, `lib${name}.a`), ...objects]);
  };
  await archive(
    "z",
    zlibFiles.map((name) => join(sources.zlib, `${name}.c`)),
    [],
  );
  await archive("bz2", [...bzip2Files.map((name) => join(sources.bzip2, `${name}.c`)), stub], ["-DBZ_NO_STDIO"]);
  await archive("sqlite3", [join(sources.sqlite, "sqlite3.c")], sqliteOptions);
  const headers = [
    [sources.zlib, "zlib.h"],
    [sources.zlib, "zconf.h"],
    [sources.bzip2, "bzlib.h"],
    [sources.sqlite, "sqlite3.h"],
    [sources.sqlite, "sqlite3ext.h"],
  ] as const;
  for (const [from, name] of headers) copyFileSync(join(from, name), join(folder, "include", name));
  return folder;
}
