/**
 * Job: the code that is published, one file for each thing that starts: the host, its two kinds of threads, the command.
 * Finding and compiling 220 files was a third of a short command.
 * Never: run at a user's; change what is loaded when: what the sources import late is loaded late.
 */
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

const packages = join(import.meta.dirname, "../packages");

/** What starts, and the notices of the packages inside. */
const bundles = [
  { from: "host/src/index.ts", to: "host/dist/index.js", inside: ["smol-toml"] },
  { from: "host/src/worker/inside/thread.ts", to: "host/dist/thread.js", inside: [] },
  { from: "host/src/engine/metering-thread.ts", to: "host/dist/metering-thread.js", inside: [] },
  { from: "cli/src/main.ts", to: "cli/dist/main.js", inside: ["yargs-parser"] },
] as const;

/** Modules of Node's that every process of ours has loaded. */
const always = /^(?:buffer|crypto|fs|fs\/promises|module|os|path|timers\/promises|url|util|v8|worker_threads)$/;

/**
 * esbuild puts a module that is imported late into the same file, as a function; but what such a module imports from
 * outside it lifts to the top: Node's HTTP, or the instrumenter, in a run that needs neither. As CommonJS it stays in its place.
 */
function late(inside: readonly string[]): Plugin {
  return {
    name: "late",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[\w@]/ }, ({ path, kind, namespace }) => {
        if (kind === "entry-point" || inside.includes(path)) return undefined;
        const name = path.replace(/^node:/, "");
        if (isBuiltin(path) && always.test(name)) return { path: `node:${name}`, external: true };
        if (namespace === "late" || kind !== "import-statement") return { path, external: true };
        return { path, namespace: "late" };
      });
      onLoad({ filter: /.*/, namespace: "late" }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)})`,
      }));
    },
  };
}

/** What the licence of a package that is inside asks for. */
function notice(name: string): string {
  const folder = join(packages, "../node_modules", name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence to keep`);
  return `/*! ${name}:\n\n${readFileSync(join(folder, file), "utf8").trim()}\n*/`;
}

for (const { from, to, inside } of bundles) {
  await build({
    entryPoints: [join(packages, from)],
    outfile: join(packages, to),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    plugins: [late(inside)],
    banner: {
      js: `import { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);`,
    },
    footer: { js: inside.map(notice).join("\n") },
    legalComments: "none",
    logLevel: "warning",
  });
}

// A package is given away with its licence.
for (const name of ["cli", "host", "instrument", "sdk"])
  copyFileSync(join(packages, "../LICENSE"), join(packages, name, "dist/LICENSE"));
