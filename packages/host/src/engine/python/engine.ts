/**
 * Job: the Python engine: a file and the modules beside it become a program, whose tasks start from the image of a booted
 * interpreter.
 * Never: run anything itself; read declarations from the text of a program.
 */
import { type Cache, cacheKey } from "../../cache.ts";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import type { Mount } from "../../wasi/config.ts";
import { argumentTexts } from "../arguments.ts";
import type { Call, Engine, EngineContext, EngineJob, Parts, Program, SourceFile } from "../interface.ts";
import { type Flavour, findFlavour, flavourVariable } from "./flavour.ts";
import { guestPackage, type LibraryMount } from "./guest-package.ts";
import { type Interpreter, interpreterKey, makeInterpreter } from "./image.ts";
import { gatherSources, type Sources, sourcesOf } from "./sources.ts";

const mebibyte = 1024 * 1024;

/** Where the clocks of an image stop; a run's go on from there. */
const monotonicStartNs = 1_000_000_000n;

export const pythonEngine: Engine = {
  name: "python",
  extensions: [".py"],
  async prepare(source: SourceFile, context: EngineContext): Promise<Program> {
    if (source.bytes.includes(0))
      throw new CapsuleError("build_error", `${quote(source.path)} is no Python source: it holds zero bytes`);
    const sources = gatherSources(source, context.root);
    const flavour = flavourFor(sources);
    const guest = guestPackage();
    return program(flavour, guest, await interpreter(flavour, guest, context), sources);
  },
  async restore(parts: Parts, context: EngineContext): Promise<Program> {
    const sources = sourcesOf(parts);
    const flavour = flavourFor(sources);
    const guest = guestPackage();
    return program(flavour, guest, await interpreter(flavour, guest, context), sources);
  },
};

/** The parts of a flavour are read once in a process. */
const flavours = new Map<string | undefined, Flavour>();

function flavourNow(wanted: string | undefined): Flavour {
  const flavour = flavours.get(wanted) ?? findFlavour(wanted);
  flavours.set(wanted, flavour);
  return flavour;
}

/** What one cache has given is read from it once, and shared by all its programs. */
const remembered = new WeakMap<Cache, Map<string, Promise<Interpreter>>>();

/** A key is a hash over hundreds of kilobytes, asked for in every run. */
const keys = new WeakMap<Flavour, string>();

function interpreter(flavour: Flavour, guest: LibraryMount, context: EngineContext): Promise<Interpreter> {
  const known = remembered.get(context.cache) ?? new Map<string, Promise<Interpreter>>();
  remembered.set(context.cache, known);
  const key = keys.get(flavour) ?? interpreterKey(flavour, guest);
  keys.set(flavour, key);
  let making = known.get(key);
  if (making === undefined) {
    making = makeInterpreter(key, flavour, guest, context);
    known.set(key, making);
    making.catch(() => known.delete(key));
  }
  return making;
}

/** For tempfile and what expects a place to scribble; gone with the run. */
const temporary: Mount = { kind: "temporary", guestPath: "/tmp", maxBytes: 64 * mebibyte };

function program(flavour: Flavour, guest: LibraryMount, interpreter: Interpreter, sources: Sources): Program {
  const { file, folder, modules, mayDeclare, mayHaveMain } = sources;
  const engineJob = (request: string): EngineJob => ({
    module: interpreter.module,
    memories: interpreter.memories,
    startFuel: interpreter.startFuel,
    input: { engine: "python", request, start: { kind: "image", image: interpreter.image } },
    mounts: [guest, sources.mount, ...flavour.mounts, temporary],
    preopens: ["/"],
    args: [file],
    env: [],
    clock: { kind: "real", monotonicStartNs },
  });
  const common = { file, folder, modules, mayDeclare };
  return {
    engine: { name: flavour.name, version: flavour.version },
    identity: cacheKey("python program", interpreter.key, JSON.stringify(common), ...[...sources.mount.files].flat()),
    minimumMemoryBytes: Math.ceil((interpreter.memories[0]!.minimumPages * 65_536) / mebibyte) * mebibyte,
    discovery: () =>
      mayDeclare || mayHaveMain
        ? engineJob(JSON.stringify({ ...common, mode: "discover", task: null, argv: [file], args: [], kwargs: {} }))
        : null,
    parts: () => ({ entry: file, files: sources.mount.files }),
    job: (call) => engineJob(requestText(call, common)),
  };
}

/** The arguments go in as the text that they are: no number is read and written again. */
function requestText(call: Call, common: { readonly file: string }): string {
  const { entry } = call;
  if (entry.kind === "export")
    throw new CapsuleError("invalid_config", `"${entry.name}" is an export; a Python program has tasks`);
  const task = entry.kind === "task" ? entry.name : null;
  const head = JSON.stringify({ ...common, mode: entry.kind, task, argv: [common.file, ...argumentTexts(call.args)] });
  return `${head.slice(0, -1)},"args":${call.args},"kwargs":${call.kwargs}}`;
}
