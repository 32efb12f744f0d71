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
import { absentModules, type Flavour, findFlavour, flavourVariable, withNumpy } from "./flavour.ts";
import { guestPackage, type LibraryMount } from "./guest-package.ts";
import { type Interpreter, interpreterKey, makeInterpreter } from "./image.ts";
import type { Installation } from "./install.ts";
import { requirementsFile } from "./requirement-lines.ts";
import { readRequirements, siteIn, sitePrefix } from "./requirements.ts";
import { gatherSources, type Sources, sourcesOf, withSite } from "./sources.ts";

const mebibyte = 1024 * 1024;

/** A larger source is read by the guest where it needs it. */
const mostInlineBytes = 64 * 1024;

/** Where the clocks of an image stop; a run's go on from there. */
const monotonicStartNs = 1_000_000_000n;

export const pythonEngine: Engine = {
  name: "python",
  extensions: [".py"],
  async prepare(source: SourceFile, context: EngineContext): Promise<Program> {
    if (source.bytes.includes(0))
      throw new CapsuleError("build_error", `${quote(source.path)} is no Python source: it holds zero bytes`);
    const sources = gatherSources(source, context.root);
    const { plain } = flavoursNow(context.python);
    const requirements = readRequirements(context.root, plain.version);
    const site = requirements === null ? null : siteIn(requirements);
    const other =
      requirements !== null && site === null
        ? `${requirementsFile} is not installed for the sandbox yet; run: capsule build ${sources.file}`
        : `if it is a package of pure Python, name it in ${requirementsFile} and run: capsule build ${sources.file}`;
    return programOf(site === null ? sources : withSite(sources, site), context, other);
  },
  restore(parts: Parts, context: EngineContext): Promise<Program> {
    return programOf(sourcesOf(parts), context, "it is no part of this artifact");
  },
};

/** What requirements.txt of the project asks for, installed for the engine that runs its programs. */
export async function install(context: EngineContext): Promise<Installation | null> {
  const { plain, numpy } = flavoursNow(context.python);
  const { installRequirements } = await import("./install.ts");
  const progress = (step: string) => context.progress({ engine: "python", step, fraction: null });
  return installRequirements({ root: context.root, python: plain.version, numpy: numpy?.numpy ?? null, progress });
}

interface Flavours {
  readonly plain: Flavour;
  readonly numpy: Flavour | null;
  /** What a program is told that asks for what the plain one has not. */
  readonly absent: Readonly<Record<string, string>>;
}

/** The parts of the flavours are read once in a process. */
const flavours = new Map<string | undefined, Flavours>();

function flavoursNow(asked: string | undefined): Flavours {
  const wanted = asked ?? process.env[flavourVariable];
  const known = flavours.get(wanted);
  if (known !== undefined) return known;
  const plain = findFlavour(wanted);
  const numpy = withNumpy(plain);
  const found = { plain, numpy, absent: absentModules(plain, numpy) };
  flavours.set(wanted, found);
  return found;
}

/**
 * The flavour with numpy for programs that import it; its image is larger and takes longer to restore.
 * @param other what a program is told that imports what is nowhere
 */
async function programOf(sources: Sources, context: EngineContext, other: string): Promise<Program> {
  const { plain, numpy, absent } = flavoursNow(context.python);
  const flavour = sources.imports.has("numpy") && numpy !== null ? numpy : plain;
  const guest = guestPackage();
  return program(flavour, guest, await interpreter(flavour, guest, context), sources, {
    ...(flavour.numpy === null ? absent : {}),
    "*": other,
  });
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

function program(
  flavour: Flavour,
  guest: LibraryMount,
  interpreter: Interpreter,
  sources: Sources,
  absent: Readonly<Record<string, string>>,
): Program {
  const { file, folder, modules, mayDeclare, mayHaveMain, site } = sources;
  const own =
    site === null ? [...sources.mount.files] : [...sources.mount.files].filter(([path]) => !site.files.has(path));
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
  const common = {
    file,
    folder,
    modules,
    mayDeclare,
    absent,
    source: plainText(sources.mount.files.get(file)!),
    site: site === null ? null : `/${sitePrefix.slice(0, -1)}`,
  };
  return {
    engine: { name: flavour.name, version: flavour.version },
    identity: cacheKey("python program", interpreter.key, JSON.stringify(common), site?.hash ?? "", ...own.flat()),
    minimumMemoryBytes: Math.ceil((interpreter.memories[0]!.minimumPages * 65_536) / mebibyte) * mebibyte,
    discovery: () =>
      mayDeclare || mayHaveMain
        ? engineJob(
            JSON.stringify({
              ...common,
              compiled: null,
              mode: "discover",
              task: null,
              argv: [file],
              args: [],
              kwargs: {},
            }),
          )
        : null,
    parts: () => ({ entry: file, files: sources.mount.files }),
    job: (call, compiled) => engineJob(requestText(call, { ...common, compiled: compiled ?? null })),
  };
}

/** A text that the guest would read as it stands here: small, UTF-8, and it names no encoding; null for any other. */
function plainText(bytes: Uint8Array): string | null {
  if (bytes.byteLength > mostInlineBytes) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return /^\uFEFF|\r|^(?:.*\n)?.*coding/.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** The arguments go in as the text that they are: no number is read and written again. */
function requestText(call: Call, common: { readonly file: string; readonly compiled: string | null }): string {
  const { entry } = call;
  if (entry.kind === "export")
    throw new CapsuleError("invalid_config", `"${entry.name}" is an export; a Python program has tasks`);
  const task = entry.kind === "task" ? entry.name : null;
  const head = JSON.stringify({ ...common, mode: entry.kind, task, argv: [common.file, ...argumentTexts(call.args)] });
  return `${head.slice(0, -1)},"args":${call.args},"kwargs":${call.kwargs}}`;
}
