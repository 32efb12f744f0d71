/**
 * Job: the ready state of the JavaScript engine: QuickJS and its side modules, metered, and the image of the started runtime
 * with its prelude; made once, cached.
 * Never: know programs.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cacheKey } from "../../cache.ts";
import { CapsuleError } from "../../errors.ts";
import { defaultQuotas } from "../../wasi/config.ts";
import type { JavaScriptImage, MemoryShape, QuickJSExtension } from "../../worker/protocol.ts";
import type { EngineContext } from "../interface.ts";
import { type MeteredShape, meter, meteringVersion } from "../meter.ts";
import { sideModuleNeeds } from "./side-module.ts";

/** Raised when what is made from the same parts changes. */
const imageVersion = "1";
export const engineName = { name: "quickjs", version: "quickjs-wasi 3.6.2" } as const;

/** In the order in which they are linked. */
const extensionFiles = {
  url: "url.so",
  encoding: "encoding.so",
  headers: "headers.so",
  crypto: "crypto.so",
  structured_clone: "structured-clone.so",
} as const;

const pageBytes = 65_536;
const mostImageBytes = 64 * 1024 * 1024;
/** An image does not depend on when and where it was made. */
const bootClock = { kind: "virtual", startNs: 946_684_800_000_000_000n } as const;
const bootTimeoutMs = 60_000;

export interface Runtime {
  readonly key: string;
  readonly module: WebAssembly.Module;
  readonly memories: readonly MemoryShape[];
  readonly startFuel: bigint;
  readonly canThrow: boolean;
  readonly extensions: readonly QuickJSExtension[];
  readonly image: JavaScriptImage;
}

const require = createRequire(import.meta.url);

async function metered(path: string, context: EngineContext) {
  const bytes = await readFile(path);
  const { metered, report } = await meter(bytes, { path, bytes }, context);
  return { bytes, report, module: await WebAssembly.compile(metered as BufferSource) };
}

/** @throws CapsuleError `internal_error` when the runtime does not start */
export async function makeRuntime(context: EngineContext): Promise<Runtime> {
  const prelude = await readFile(require.resolve("@capsule-run/sdk/prelude.js"), "utf8");
  context.progress({ engine: "javascript", step: "Preparing JavaScript (once)", fraction: null });
  const main = await metered(require.resolve("quickjs-wasi/quickjs.wasm"), context);
  const extensions: QuickJSExtension[] = [];
  let startFuel = main.report.startFuel;
  for (const [name, file] of Object.entries(extensionFiles)) {
    const side = await metered(require.resolve(`quickjs-wasi/${file}`), context);
    startFuel += side.report.startFuel;
    extensions.push({ name, module: side.module, ...sideModuleNeeds(side.module) });
  }
  const key = cacheKey("javascript image", imageVersion, meteringVersion, engineName.version, main.bytes, prelude);
  const packed = await context.cache.get(key, () =>
    boot(main.module, main.report, startFuel, extensions, prelude, context),
  );
  const end = packed.indexOf(10);
  const image = JSON.parse(Buffer.from(packed.subarray(0, end)).toString("utf8")) as Omit<JavaScriptImage, "memory">;
  const memory = new SharedArrayBuffer(packed.byteLength - end - 1);
  new Uint8Array(memory).set(packed.subarray(end + 1));
  return {
    key,
    module: main.module,
    memories: main.report.memories.map((shape) => ({ ...shape, minimumPages: memory.byteLength / pageBytes })),
    startFuel,
    canThrow: main.report.canThrow,
    extensions,
    image: { ...image, memory },
  };
}

/** One line of JSON, then the memory. */
async function boot(
  module: WebAssembly.Module,
  shape: MeteredShape,
  startFuel: bigint,
  extensions: readonly QuickJSExtension[],
  prelude: string,
  context: EngineContext,
): Promise<Uint8Array> {
  const into = new SharedArrayBuffer(mostImageBytes);
  const { ending } = await context.run(
    {
      module,
      memories: shape.memories,
      startFuel,
      canThrow: shape.canThrow,
      fuel: 1n,
      memoryBytes: mostImageBytes,
      stdin: null,
      input: { engine: "javascript", extensions, request: "", start: { kind: "boot", into, prelude } },
      kernel: {
        args: [],
        env: [],
        mounts: [],
        preopens: ["/"],
        clock: bootClock,
        random: { kind: "seeded", seed: 0n },
        quotas: defaultQuotas,
      },
    },
    {},
    { timeoutMs: bootTimeoutMs },
  );
  if (ending.kind !== "returned") {
    const why = "message" in ending ? ending.message : ending.kind;
    throw new CapsuleError("internal_error", `${engineName.version} did not start: ${why}`);
  }
  const { bytes, ...image } = JSON.parse(ending.value) as Omit<JavaScriptImage, "memory"> & { readonly bytes: number };
  return Buffer.concat([Buffer.from(`${JSON.stringify(image)}\n`), new Uint8Array(into, 0, bytes)]);
}
