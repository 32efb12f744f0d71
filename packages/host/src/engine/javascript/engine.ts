/**
 * Job: the JavaScript engine: a TypeScript or JavaScript file and what it imports become a program, whose tasks start from the
 * image of a started runtime.
 * Never: run anything itself; read declarations from the text of a program.
 */
import { type Cache, cacheKey } from "../../cache.ts";
import { CapsuleError } from "../../errors.ts";
import { argumentTexts } from "../arguments.ts";
import type { Call, Engine, EngineContext, EngineJob, Parts, Program, SourceFile } from "../interface.ts";
import { bundle } from "./bundle.ts";
import { compile } from "./compile.ts";
import { engineName, makeRuntime, type Runtime } from "./image.ts";

const mebibyte = 1024 * 1024;
const pageBytes = 65_536;
const mostTemporaryBytes = 64 * mebibyte;

export const javascriptEngine: Engine = {
  name: "javascript",
  extensions: [".ts", ".mts", ".js", ".mjs"],
  async prepare(source: SourceFile, context: EngineContext): Promise<Program> {
    const [runtime, { code, map }] = await Promise.all([
      runtimeOf(context),
      bundle(source, context.root, context.cache),
    ]);
    return program(runtime, code, map, await compile(runtime, code, context));
  },
  async restore({ entry, files }: Parts, context: EngineContext): Promise<Program> {
    const [code, map] = [codeFile, mapFile].map((name) => files.get(name));
    if (entry !== codeFile || code === undefined || map === undefined)
      throw new CapsuleError("build_error", `a JavaScript program has the parts ${codeFile} and ${mapFile}`);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const runtime = await runtimeOf(context);
    return program(runtime, text(code), text(map), await compile(runtime, text(code), context));
  },
};

/** Parts of a program: the bundle and its source map; the files that it was made from are in it. */
const codeFile = "program.js";
const mapFile = "program.js.map";

/** What one cache has given is read from it once, and shared by all its programs. */
const remembered = new WeakMap<Cache, Promise<Runtime>>();

function runtimeOf(context: EngineContext): Promise<Runtime> {
  let making = remembered.get(context.cache);
  if (making === undefined) {
    making = makeRuntime(context);
    remembered.set(context.cache, making);
    making.catch(() => remembered.delete(context.cache));
  }
  return making;
}

function program(runtime: Runtime, code: string, map: string, bytecode: SharedArrayBuffer): Program {
  const engineJob = (request: string): EngineJob => ({
    module: runtime.module,
    memories: runtime.memories,
    startFuel: runtime.startFuel,
    canThrow: runtime.canThrow,
    input: {
      engine: "javascript",
      extensions: runtime.extensions,
      request,
      start: { kind: "image", image: runtime.image, bytecode, sourceMap: map },
    },
    mounts: [{ kind: "temporary", guestPath: "/tmp", maxBytes: mostTemporaryBytes }],
    preopens: ["/"],
    args: [],
    env: [],
  });
  return {
    engine: engineName,
    identity: cacheKey("javascript program", runtime.key, code),
    minimumMemoryBytes: runtime.memories.reduce((sum, { minimumPages }) => sum + minimumPages * pageBytes, 0),
    discovery: () => engineJob(JSON.stringify({ mode: "discover", task: null, argv: [], args: [] })),
    parts: () => ({
      entry: codeFile,
      files: new Map([
        [codeFile, Buffer.from(code)],
        [mapFile, Buffer.from(map)],
      ]),
    }),
    job: (call) => engineJob(requestText(call)),
  };
}

function requestText({ entry, args, kwargs }: Call): string {
  if (entry.kind === "export")
    throw new CapsuleError("invalid_config", `"${entry.name}" is an export; a JavaScript program has tasks`);
  if (kwargs.trim() !== "{}")
    throw new CapsuleError(
      "invalid_config",
      "a JavaScript task takes arguments by position; keyword arguments were given",
    );
  const argv = argumentTexts(args);
  const head = JSON.stringify({ mode: entry.kind, task: entry.kind === "task" ? entry.name : null, argv });
  return `${head.slice(0, -1)},"args":${args}}`;
}
