/**
 * Job: the metered form of a module or a component: from the cache, or made in a thread of its own, because seconds of work
 * must not hold the deadlines of running tasks back, nor may what was made to cost the meter time or memory.
 * Never: compile or run it.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type Cache, cacheKey } from "../cache.ts";
import { CapsuleError } from "../errors.ts";
import { parseJson, stringifyJson } from "../json.ts";
import { quote } from "../policy/problem.ts";
import type { ComponentShape, MeteredComponent } from "./component/metering.ts";
import type { EngineContext, SourceFile } from "./interface.ts";
import type { Metered, MeteredShape } from "./metering.ts";
import type { MeteringInput, MeteringOutput } from "./metering-thread.ts";

export type { MeteredShape } from "./metering.ts";

const mostBytes = 128 * 1024 * 1024;
/** Smaller modules are metered in milliseconds, less than a thread needs to start. */
const mostBytesHere = 64 * 1024;
const timeoutMs = 120_000;
const heapMiB = 2048;

/**
 * Part of every cache key: the instrumenter's own code, so that no metered form outlives a change of the meter, and the
 * host's way of calling it.
 */
export const meteringVersion = cacheKey("1", codeOf("@capsule-run/instrument"));

/** The key of a metered form. */
export function meteredKey(bytes: Uint8Array, what: "module" | "component" = "module"): string {
  return cacheKey(`metered ${what}`, meteringVersion, bytes);
}

/**
 * An entry of the cache holds a line of JSON (the shape) and then the bytes.
 * @throws CapsuleError `build_error` for what cannot be metered
 */
export async function meter(
  bytes: Uint8Array,
  source: SourceFile,
  { cache }: { readonly cache: Cache },
  key = meteredKey(bytes),
): Promise<{ readonly metered: Uint8Array; readonly report: MeteredShape }> {
  const { bytes: metered, shape } = await remembered<Metered>("module", bytes, source, cache, key);
  return { metered, report: { ...shape, startFuel: BigInt(shape.startFuel) } };
}

/**
 * The metered core modules of a component, and what it is made of; one entry of the cache for all.
 * @throws CapsuleError `build_error` for what cannot be metered
 */
export async function meterParts(
  bytes: Uint8Array,
  source: SourceFile,
  { cache, progress }: Pick<EngineContext, "cache" | "progress">,
  key = meteredKey(bytes, "component"),
): Promise<{ readonly modules: readonly Uint8Array[]; readonly shape: ComponentShape }> {
  const { bytes: joined, shape } = await remembered<MeteredComponent>("component", bytes, source, cache, key, progress);
  let at = 0;
  const modules = shape.modules.map(({ bytesAfter }) => {
    const from = at;
    at += bytesAfter;
    return joined.subarray(from, at);
  });
  return {
    modules,
    shape: { ...shape, modules: shape.modules.map((part) => ({ ...part, startFuel: BigInt(part.startFuel) })) },
  };
}

/** Numbers that were bigints may come back as numbers. */
async function remembered<Form extends Metered | MeteredComponent>(
  what: MeteringInput["what"],
  bytes: Uint8Array,
  source: SourceFile,
  cache: Cache,
  key: string,
  progress: EngineContext["progress"] = () => undefined,
): Promise<Form> {
  const entry = await cache.get(key, async () => {
    if (bytes.byteLength > mostBytesHere)
      progress({ engine: what, step: `Metering ${quote(basename(source.path))} (once)`, fraction: null });
    const { bytes: metered, shape } = await meterApart(what, bytes, source.path);
    return Buffer.concat([Buffer.from(`${stringifyJson(shape, "shape")}\n`), metered]);
  });
  const end = entry.indexOf(10);
  const shape = parseJson(Buffer.from(entry.subarray(0, end)).toString());
  return { bytes: entry.subarray(end + 1), shape } as unknown as Form;
}

async function meterApart(
  what: MeteringInput["what"],
  bytes: Uint8Array,
  path: string,
): Promise<Metered | MeteredComponent> {
  const refuse = (message: string) => new CapsuleError("build_error", `${quote(path)} ${message}`);
  if (bytes.byteLength > mostBytes) throw refuse(`has ${bytes.byteLength} bytes; at most ${mostBytes} are run`);
  // What is in the cache needs no instrumenter: loading it takes as long as the rest of a short command.
  if (bytes.byteLength <= mostBytesHere)
    return what === "module"
      ? (await import("./metering.ts")).meterModule(bytes, path)
      : (await import("./component/metering.ts")).meterComponent(bytes, path);
  const fromSource = import.meta.url.endsWith(".ts");
  const input: MeteringInput = { what, bytes, path };
  const worker = new Worker(new URL(`./metering-thread.${fromSource ? "ts" : "js"}`, import.meta.url), {
    name: "capsule metering",
    workerData: input,
    env: {},
    argv: [],
    execArgv: fromSource ? ["--conditions=capsule-source"] : [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<MeteringOutput>();
  worker.on("message", resolve);
  worker.on("error", (error: NodeJS.ErrnoException) => {
    const isFull = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    reject(isFull ? refuse("takes more memory to meter than modules may") : error);
  });
  worker.on("exit", () => reject(refuse("could not be metered: the thread ended")));
  const timer = setTimeout(() => reject(refuse(`takes longer than ${timeoutMs / 1000} s to meter`)), timeoutMs);
  try {
    const output = await promise;
    if (output.kind === "metered") return output.metered;
    throw new CapsuleError(output.code, output.message);
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/**
 * What changes with the code of a package: its version, and name, size and time of each code file. Not their content: reading
 * it would be a tenth of a short command, and packages, whose times are all the same, are not changed without their version.
 */
function codeOf(specifier: string): string {
  const folder = dirname(fileURLToPath(import.meta.resolve(specifier)));
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => /\.[jt]s$/.test(name) && !name.endsWith(".d.ts"),
  );
  for (const name of files.sort()) {
    const { size, mtimeMs } = statSync(join(folder, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  hash.update(readFileSync(join(folder, "../package.json")));
  return hash.digest("hex");
}
