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
import { compileEngine } from "../compile.ts";
import type { EngineContext } from "../interface.ts";
import { type MeteredShape, meter, meteringVersion } from "../meter.ts";
import { withoutData } from "../sections.ts";
import { headLine, sharedFrom, withoutZeros } from "../without-zeros.ts";
import { sideModuleNeeds } from "./side-module.ts";

/** Raised when what is made from the same parts changes. */
const imageVersion = "3";
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
  return { bytes, report, metered };
}

/** @throws CapsuleError `internal_error` when the runtime does not start */
export async function makeRuntime(context: EngineContext): Promise<Runtime> {
  const prelude = await readFile(require.resolve("@capsule-run/sdk/prelude.js"), "utf8");
  context.progress({ engine: "javascript", step: "Preparing JavaScript (once)", fraction: null });
  const main = await metered(require.resolve("quickjs-wasi/quickjs.wasm"), context);
  const sides = await Promise.all(
    Object.entries(extensionFiles).map(async ([name, file]) => ({
      name,
      ...(await metered(require.resolve(`quickjs-wasi/${file}`), context)),
    })),
  );
  const startFuel = sides.reduce((sum, side) => sum + side.report.startFuel, main.report.startFuel);
  const compiled = async (change: (module: Uint8Array) => Uint8Array) => {
    const compile = (module: Uint8Array) => compileEngine(change(module), context);
    const linked = sides.map(async ({ name, metered: bytes }): Promise<QuickJSExtension> => {
      const module = await compile(bytes);
      return { name, module, ...sideModuleNeeds(module) };
    });
    return { module: await compile(main.metered), extensions: await Promise.all(linked) };
  };
  const key = cacheKey("javascript image", imageVersion, meteringVersion, engineName.version, main.bytes, prelude);
  const make = async () => {
    const { module, extensions } = await compiled((bytes) => bytes);
    return boot(module, main.report, startFuel, extensions, prelude, context);
  };
  const packed = await context.cache.get(key, make, true);
  const end = packed.indexOf(10);
  const { bytes, ...image } = JSON.parse(Buffer.from(packed.subarray(0, end)).toString("utf8")) as Packed;
  return {
    key,
    // The data are in the image: an instance that wrote them again would undo it.
    ...(await compiled(withoutData)),
    memories: main.report.memories.map((shape) => ({ ...shape, minimumPages: bytes / pageBytes })),
    startFuel,
    canThrow: main.report.canThrow,
    image: { ...image, key, ...sharedFrom(packed, end + 1) },
  };
}

/** The first line of an image in the cache; `bytes`: the size of its memory. */
type Packed = Omit<JavaScriptImage, "key" | "memory" | "at"> & { readonly bytes: number };

/** One line of JSON, then what is not zero of the memory. */
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
  const image = JSON.parse(ending.value) as Omit<Packed, "runs">;
  const { runs, bytes } = withoutZeros(new Uint8Array(into, 0, image.bytes));
  return Buffer.concat([headLine({ ...image, runs } satisfies Packed), bytes]);
}
