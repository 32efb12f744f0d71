/**
 * Job: a program and everything that it imports as one module without imports, with its source map.
 * Never: run it; let a program pull files of the host's into itself: what is read is code, and lies inside the project.
 */
import { realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, relative, resolve, sep } from "node:path";
import type { BuildFailure, Loader, Message, Plugin } from "esbuild";
import type { Cache } from "../../cache.ts";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import type { SourceFile } from "../interface.ts";
import { builtins, sandboxed } from "./builtins.ts";
import { type Bundle, type Made, remembered } from "./remembered-bundle.ts";

const loaders: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
};
const mostBytes = 32 * 1024 * 1024;

/** Leaves the program's function `main`, exported or not, where the prelude finds it. */
const footer = `\n;globalThis[Symbol.for("capsule.main")] = typeof main === "function" ? main : undefined;\n`;

/** @throws CapsuleError `build_error` with the file, line and column */
export async function bundle(source: SourceFile, root: string, cache: Cache): Promise<Bundle> {
  const folder = realpathSync(insideOf(root, source.path) === null ? dirname(source.path) : root);
  return remembered(source, folder, cache, () => make(source, folder));
}

async function make(source: SourceFile, folder: string): Promise<Made> {
  const { build } = await import("esbuild");
  try {
    const result = await build({
      entryPoints: [source.path],
      absWorkingDir: folder,
      outfile: "program.js",
      bundle: true,
      write: false,
      format: "esm",
      platform: "neutral",
      target: "es2023",
      mainFields: ["module", "main"],
      conditions: ["worker", "import", "default"],
      sourcemap: "external",
      sourcesContent: false,
      tsconfigRaw: {},
      define: { "process.env.NODE_ENV": '"production"' },
      legalComments: "none",
      logLevel: "silent",
      charset: "utf8",
      metafile: true,
      plugins: [readsOnlyCode(source, folder)],
    });
    const text = (ending: string) => result.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
    const code = text(".js");
    if (code.length > mostBytes)
      throw new CapsuleError(
        "build_error",
        `${quote(source.path)} and what it imports come to ${code.length} bytes; at most ${mostBytes} are run`,
      );
    const inputs = Object.keys(result.metafile.inputs)
      .filter((name) => !/^(?:sandboxed|absent):/.test(name))
      .map((name) => resolve(folder, name));
    return { code, map: text(".map"), inputs };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    const lines = error.errors.slice(0, 5).map(describe);
    throw new CapsuleError("build_error", lines.join("\n"), { cause: error });
  }
}

function readsOnlyCode(source: SourceFile, folder: string): Plugin {
  const entry = realpathSync(source.path);
  return {
    name: "capsule",
    setup(build) {
      build.onResolve({ filter: /^(?:node:)?[\w@][\w@/.-]*$/ }, ({ path, kind }) => {
        if (kind === "entry-point") return undefined;
        const name = path.replace(/^node:/, "");
        if (builtins.has(name)) return { path: name, namespace: "sandboxed" };
        return path.startsWith("node:") || sandboxed.has(name) ? { path: name, namespace: "absent" } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: "sandboxed" }, ({ path }) => ({
        contents: `module.exports = globalThis[Symbol.for("capsule.modules")][${JSON.stringify(path)}];`,
        loader: "js",
      }));
      build.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
        contents: `module.exports = new Proxy({}, { get(_, key) { if (key === "__esModule" || typeof key === "symbol") return undefined;
          throw new Error(${JSON.stringify(`the module "${path}" is not available in a sandbox`)}); } });`,
        loader: "js",
      }));
      // What is read is decided by where it really lies, not by how it was named.
      build.onLoad({ filter: /.*/, namespace: "file" }, ({ path }) => {
        const real = realpathSync(path);
        if (real === entry)
          return {
            contents: source.bytes.length === 0 ? footer : Buffer.from(source.bytes).toString("utf8") + footer,
            loader: loaders[extname(path)] ?? "js",
          };
        const inside = insideOf(folder, real);
        if (inside === null)
          return {
            errors: [
              { text: `${quote(basename(path))} lies outside the project; imports are read from inside it only` },
            ],
          };
        // esbuild would wait for somebody to write to a pipe.
        if (!statSync(real).isFile()) return { errors: [{ text: `${quote(inside)} is no regular file` }] };
        if (loaders[extname(path)] !== undefined) return undefined;
        if (extname(path) === ".json" && inside.split(sep).includes("node_modules")) return undefined;
        return {
          errors: [
            {
              text: `${quote(inside)} is no JavaScript or TypeScript; grant its folder in allowedFiles and read it when the task runs`,
            },
          ],
        };
      });
    },
  };
}

/** The path from `folder` down to `path`; null where it lies elsewhere. */
function insideOf(folder: string, path: string): string | null {
  const found = relative(folder, path);
  return found === "" || found === ".." || found.startsWith(`..${sep}`) || isAbsolute(found) ? null : found;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function describe({ text, location }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
