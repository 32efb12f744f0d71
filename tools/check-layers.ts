/**
 * Job: hold the import arrows of ARCHITECTURE.md against the import statements of the sources; exit 1 with one line for
 * each arrow that points the wrong way.
 * Never: know what the code does.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

/** Which packages a package may import, besides itself. */
const packages: Record<string, readonly string[]> = {
  instrument: [],
  host: ["instrument"],
  sdk: ["host"],
  cli: ["sdk", "host", "instrument"],
};

/** Which rooms (first folder, or file name at the top) a room may import, besides itself. */
const rooms: Record<string, Record<string, readonly string[]>> = {
  instrument: {
    errors: [],
    binary: ["errors"],
    options: ["errors"],
    report: [],
    analyze: ["binary", "errors"],
    validate: ["binary", "options", "errors"],
    passes: ["analyze", "binary", "options", "report", "errors"],
    rewrite: ["passes", "analyze", "binary", "validate", "options", "report", "errors"],
    binaryen: ["rewrite", "passes", "analyze", "binary", "validate", "options", "report", "errors"],
    text: ["errors"],
    component: ["rewrite", "binary", "options", "report", "errors"],
    index: ["rewrite", "component", "options", "report", "errors"],
  },
  host: {
    errors: [],
    json: [],
    policy: ["errors"],
    component: ["errors"],
    wasi: ["component", "policy", "errors"],
    net: ["policy", "errors"],
    worker: ["component", "wasi", "net", "policy", "errors", "json"],
    engine: ["component", "worker", "wasi", "policy", "errors", "cache", "json"],
    cache: ["errors"],
    program: ["engine", "policy", "errors", "cache", "json"],
    artifact: ["program", "engine", "policy", "errors"],
    task: [
      "artifact",
      "program",
      "engine",
      "component",
      "worker",
      "net",
      "wasi",
      "trace",
      "policy",
      "errors",
      "cache",
      "json",
    ],
    trace: ["errors"],
    machine: ["engine", "trace", "cache", "errors"],
    index: [
      "machine",
      "task",
      "program",
      "engine",
      "worker",
      "wasi",
      "net",
      "component",
      "trace",
      "policy",
      "errors",
      "cache",
      "json",
    ],
  },
};

/** `instrument` is pure: it may import nothing but its own files, apart from the entries that load a library. */
const libraries: Record<string, RegExp> = {
  "instrument/binaryen": /^binaryen$/,
  "instrument/text": /^wabt$/,
};

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

const roomOf = (source: string, file: string) => relative(source, file).split("/")[0]!.replace(/\.ts$/, "");
const problems: string[] = [];
const importStatement =
  /(?:^|\n)\s*(?:import|export)\s+(?:type\s+)?(?:[\w*$\s,{}]+?\s+from\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g;

for (const [name, allowed] of Object.entries(packages)) {
  const source = join(root, "packages", name, "src");
  for (const file of sources(source)) {
    const where = relative(root, file);
    const room = roomOf(source, file);
    const text = readFileSync(file, "utf8");
    if (!/^(#!.*\n)?\/\*\*\s*(\*\s*)?Job:/.test(text))
      problems.push(`${where}: the first comment must say the file's job: /** Job: … */`);
    if (rooms[name] && !rooms[name][room])
      problems.push(`${where}: "${room}" is no room of ${name}; name it in tools/check-layers.ts and ARCHITECTURE.md`);
    for (const match of text.matchAll(importStatement)) {
      const target = (match[1] ?? match[2])!;
      const own = /^@capsule-run\/([a-z]+)/.exec(target)?.[1];
      if (own) {
        if (!allowed.includes(own))
          problems.push(`${where}: ${name} must not import ${target}; arrows go cli → sdk → host → instrument`);
      } else if (target.startsWith(".")) {
        const to = resolve(dirname(file), target);
        const toRoom = roomOf(source, to);
        if (to.startsWith("..") || relative(source, to).startsWith(".."))
          problems.push(`${where}: imports ${target} outside its package; use the package's name`);
        else if (rooms[name] && toRoom !== room && !rooms[name][room]?.includes(toRoom))
          problems.push(`${where}: "${room}" must not import "${toRoom}" (${target})`);
      } else if (name === "instrument" && !libraries[`instrument/${room}`]?.test(target)) {
        problems.push(`${where}: the instrumenter is pure and must not import ${target}`);
      }
    }
  }
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  console.error(`layers: ${problems.length} problem(s); the arrows are drawn in ARCHITECTURE.md`);
  process.exit(1);
}
console.log("layers: every import follows the arrows");
