/**
 * Job: an artifact, one file that holds a program with its declared policy: data → bytes → data, checked.
 * Never: run it; believe the bytes: the hash finds damage, not malice, so every part is read as a stranger's.
 *
 * ```
 * capsule artifact 1\n
 * <SHA-256 of all that follows, 64 hex digits>\n
 * <JSON of the manifest, one line>\n
 * <the files, one behind the other, in the manifest's order>
 * ```
 */
import { createHash } from "node:crypto";
import { CapsuleError } from "../errors.ts";
import { type Limits, parseLimits } from "../policy/limits.ts";
import { type PolicyOptions, parsePolicyOptions } from "../policy/options.ts";
import { plainLimits, plainOptions } from "../policy/plain.ts";
import { quote } from "../policy/problem.ts";
import type { Workflow } from "../policy/project.ts";
import { type Plan, readPlan } from "../program/plan.ts";

export interface Artifact {
  /** Row of the engine table: "python". */
  readonly kind: string;
  readonly engine: { readonly name: string; readonly version: string };
  readonly workflow: Workflow;
  /** What the tasks have declared. */
  readonly plan: Plan;
  /** `[tasks]` of the project that it was built in. */
  readonly defaults: PolicyOptions;
  /** `[limits]` of the same: they go with it, as a ceiling beside that of the machine that runs it. */
  readonly limits: Limits;
  /** The program's file, one of `files`. */
  readonly entry: string;
  /** Path in the program → bytes as they were read. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const magic = "capsule artifact ";
const version = 1;
const hashLength = 64;
export const mostArtifactBytes = 256 * 1024 * 1024;
const mostFiles = 10_000;
const mostManifestBytes = 16 * 1024 * 1024;

export function writeArtifact(artifact: Artifact): Uint8Array {
  const { kind, engine, workflow, plan, defaults, limits, entry } = artifact;
  const files = [...artifact.files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const manifest = {
    kind,
    engine,
    workflow,
    tasks: [...plan.tasks].map(([name, options]) => ({ name, options: plainOptions(options) })),
    main: plan.hasMain,
    declares: plan.declares,
    incomplete: plan.incomplete,
    defaults: plainOptions(defaults),
    limits: plainLimits(limits),
    entry,
    files: files.map(([path, bytes]) => ({ path, size: bytes.byteLength })),
  };
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(manifest)}\n`), ...files.map(([, bytes]) => bytes)]);
  const bytes = Buffer.concat([Buffer.from(`${magic}${version}\n${sha256(body)}\n`), body]);
  if (bytes.length > mostArtifactBytes)
    throw new CapsuleError(
      "build_error",
      `the artifact has ${bytes.length} bytes; at most ${mostArtifactBytes} are run`,
    );
  return bytes;
}

/**
 * @param shown its path, for errors
 * @throws CapsuleError `build_error` for what is no artifact, or not the one that was written
 */
export function readArtifact(bytes: Uint8Array, shown: string): Artifact {
  const refuse = (reason: string): never => {
    throw new CapsuleError("build_error", `${quote(shown)} ${reason}`);
  };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = /^capsule artifact (\d{1,9})\n([0-9a-f]{64})\n/.exec(
    buffer.toString("latin1", 0, magic.length + hashLength + 16),
  );
  if (head === null)
    return refuse(
      buffer.toString("latin1", 0, magic.length) === magic
        ? "is a damaged artifact: its first lines are not whole; build it again"
        : "is no artifact; capsule build FILE --export makes one, and capsule run runs a program's file",
    );
  if (Number(head[1]) !== version)
    return refuse(`has artifact format ${head[1]}; this Capsule reads format ${version}: build it again with this one`);
  const body = buffer.subarray(head[0].length);
  if (sha256(body) !== head[2])
    return refuse("is damaged: its content does not have the hash that it was written with; build it again");

  const end = body.indexOf(10);
  if (end < 0 || end > mostManifestBytes)
    return refuse("is no whole artifact: its manifest has no end; build it again");
  try {
    return readManifest(body.toString("utf8", 0, end), body.subarray(end + 1));
  } catch (error) {
    if (error instanceof CapsuleError && error.code === "invalid_config") throw error;
    return refuse(`is no whole artifact: ${error instanceof Error ? error.message : error}; build it again`);
  }
}

function readManifest(text: string, content: Uint8Array): Artifact {
  const said = record(JSON.parse(text), "the manifest");
  const engine = record(said["engine"], "engine");
  const workflow = record(said["workflow"], "workflow");
  const entry = string(said["entry"], "entry");
  const files = readFiles(said["files"], content);
  if (!files.has(entry)) throw new TypeError(`it holds no file ${quote(entry)}`);
  const plan = readPlan(JSON.stringify({ tasks: said["tasks"], main: said["main"] }));
  const { incomplete } = said;
  return {
    kind: string(said["kind"], "kind"),
    engine: { name: string(engine["name"], "engine.name"), version: string(engine["version"], "engine.version") },
    workflow: {
      name: stringOrNull(workflow["name"], "workflow.name"),
      version: stringOrNull(workflow["version"], "workflow.version"),
      entrypoint: null,
    },
    plan: { ...plan, declares: said["declares"] === true, incomplete: stringOrNull(incomplete, "incomplete") },
    defaults: parsePolicyOptions(said["defaults"], "the artifact's defaults"),
    // A program brings no grant of the operator's with it, whoever wrote it there.
    limits: { ...parseLimits(said["limits"], "the artifact's limits"), privateAddresses: null },
    entry,
    files,
  };
}

function readFiles(said: unknown, content: Uint8Array): ReadonlyMap<string, Uint8Array> {
  if (!Array.isArray(said) || said.length > mostFiles) throw new TypeError("its list of files is none");
  const files = new Map<string, Uint8Array>();
  let at = 0;
  for (const entry of said as readonly unknown[]) {
    const file = record(entry, "a file");
    const path = string(file["path"], "a file's path");
    const size = file["size"];
    // As a guest's path: below its folder, in one spelling.
    if (!/^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\u0000-\u001f\u007f\\]{1,4096}$/.test(path) || files.has(path))
      throw new TypeError(`it holds a file ${quote(path)}, which is no path in a program, or is there twice`);
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || at + size > content.length)
      throw new TypeError(`its file ${quote(path)} is not whole`);
    files.set(path, content.subarray(at, at + size));
    at += size;
  }
  if (at !== content.length) throw new TypeError("there is more in it than its files");
  return files;
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError(`${what} is no record`);
  return value as Readonly<Record<string, unknown>>;
}

function string(value: unknown, what: string): string {
  if (typeof value !== "string" || value === "") throw new TypeError(`${what} is no text`);
  return value;
}

const stringOrNull = (value: unknown, what: string) => (value === null ? null : string(value, what));

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
