/**
 * Job: the metered form of a module: from the cache, or made in a thread of its own, because seconds of work must not hold
 * the deadlines of running tasks back, nor may a module that was made to cost the meter time or memory.
 * Never: compile or run it.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type Cache, cacheKey } from "../cache.ts";
import { CapsuleError } from "../errors.ts";
import { parseJson, stringifyJson } from "../json.ts";
import { quote } from "../policy/problem.ts";
import type { SourceFile } from "./interface.ts";
import { type Metered, type MeteredShape, meterModule } from "./metering.ts";
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

/** The key of a module's metered form. */
export function meteredKey(bytes: Uint8Array): string {
  return cacheKey("metered module", meteringVersion, bytes);
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
  const entry = await cache.get(key, async () => {
    const { bytes: metered, shape } = await meterApart(bytes, source.path);
    return Buffer.concat([Buffer.from(`${stringifyJson(shape, "shape")}\n`), metered]);
  });
  const end = entry.indexOf(10);
  const shape = parseJson(Buffer.from(entry.subarray(0, end)).toString()) as unknown as MeteredShape;
  return { metered: entry.subarray(end + 1), report: { ...shape, startFuel: BigInt(shape.startFuel) } };
}

async function meterApart(bytes: Uint8Array, path: string): Promise<Metered> {
  const refuse = (message: string) => new CapsuleError("build_error", `${quote(path)} ${message}`);
  if (bytes.byteLength > mostBytes) throw refuse(`has ${bytes.byteLength} bytes; at most ${mostBytes} are run`);
  if (bytes.byteLength <= mostBytesHere) return meterModule(bytes, path);
  const fromSource = import.meta.url.endsWith(".ts");
  const input: MeteringInput = { bytes, path };
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

/** SHA-256 of all code files of a package, by its name. */
function codeOf(specifier: string): string {
  const folder = dirname(fileURLToPath(import.meta.resolve(specifier)));
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => /\.[jt]s$/.test(name) && !name.endsWith(".d.ts"),
  );
  for (const name of files.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest("hex");
}
