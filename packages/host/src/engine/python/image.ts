/**
 * Job: the ready state of a Python engine: its metered module without data, and the image of the booted interpreter; made
 * once, cached, checked when read.
 * Never: know programs.
 */
import { readFile } from "node:fs/promises";
import { cacheKey } from "../../cache.ts";
import { CapsuleError } from "../../errors.ts";
import { defaultQuotas } from "../../wasi/config.ts";
import type { MemoryShape, PythonImage } from "../../worker/protocol.ts";
import { compileEngine } from "../compile.ts";
import type { EngineContext } from "../interface.ts";
import { type MeteredShape, meter, meteringVersion } from "../meter.ts";
import { openForImages, withoutData } from "../sections.ts";
import { headLine, sharedFrom, withoutZeros } from "../without-zeros.ts";
import type { Flavour } from "./flavour.ts";
import { type LibraryMount, packagePath } from "./guest-package.ts";

/** Raised when what is made from the same parts changes. */
const imageVersion = "4";

export interface Interpreter {
  /** Changes with the engine, the meter and the guest's package. */
  readonly key: string;
  readonly module: WebAssembly.Module;
  readonly memories: readonly MemoryShape[];
  readonly startFuel: bigint;
  readonly image: PythonImage;
}

const pageBytes = 65_536;
const mostImageBytes = 256 * 1024 * 1024;
/** An image does not depend on when and where it was made. */
const bootClock = { kind: "virtual", startNs: 946_684_800_000_000_000n } as const;
const bootTimeoutMs = 120_000;

/** Where the packed parts lie, and what else an instance needs. */
interface Head extends Omit<Interpreter, "key" | "module" | "image"> {
  readonly moduleBytes: number;
  readonly image: Omit<PythonImage, "memory" | "at">;
}

export function interpreterKey(flavour: Flavour, guest: LibraryMount): string {
  return cacheKey("python image", imageVersion, meteringVersion, flavour.fingerprint, ...[...guest.files].flat());
}

/**
 * @param key from `interpreterKey`
 * @throws CapsuleError `internal_error` when the interpreter does not boot
 */
export async function makeInterpreter(
  key: string,
  flavour: Flavour,
  guest: LibraryMount,
  context: EngineContext,
): Promise<Interpreter> {
  const label = `CPython ${flavour.version}`;
  const make = async () => {
    const advice = flavour.kind === "npm" ? { advice: slowAdvice(flavour) } : {};
    const progress = (step: string) => context.progress({ engine: "python", step, fraction: null, ...advice });
    progress(`Metering ${label} (once)`);
    const bytes = openForImages(await readFile(flavour.wasm));
    const { metered, report } = await meter(bytes, { path: flavour.wasm, bytes }, context);
    progress(`Starting ${label} (once)`);
    return boot(key, flavour, guest, metered, report, context);
  };
  // A process that lives on is not to hold the bytes of the module beside the memory: it copies the memory out.
  const packed = await context.cache.get(key, make, context.brief);
  return unpack(key, packed, context);
}

/** Said once, when the first program waits for it. */
const slowAdvice = ({ version }: Flavour) =>
  `Python here is CPython ${version} as npm brings it, built without optimisation; in a clone, npm run engine:python makes CPython 3.13, about three times as fast`;

/** Boots the interpreter in a thread of its own and packs what it has become. */
async function boot(
  key: string,
  flavour: Flavour,
  guest: LibraryMount,
  metered: Uint8Array,
  shape: MeteredShape,
  context: EngineContext,
): Promise<Uint8Array> {
  const into = new SharedArrayBuffer(mostImageBytes);
  const said: Uint8Array[] = [];
  const { ending } = await context.run(
    {
      module: await WebAssembly.compile(metered as BufferSource),
      memories: shape.memories,
      startFuel: shape.startFuel,
      fuel: 1n,
      memoryBytes: mostImageBytes,
      stdin: null,
      input: { engine: "python", request: "", start: { kind: "boot", into } },
      kernel: {
        args: [
          "python",
          "-c",
          `import sys; sys.path.insert(1, ${JSON.stringify(packagePath)}); from capsule import _boot; _boot.boot()`,
        ],
        env: [["PYTHONHASHSEED", "0"], ...flavour.env],
        mounts: [guest, ...flavour.mounts],
        preopens: ["/"],
        clock: bootClock,
        random: { kind: "seeded", seed: 0n },
        quotas: defaultQuotas,
      },
    },
    { output: (_, bytes) => void said.push(bytes) },
    { timeoutMs: bootTimeoutMs },
  );
  if (ending.kind !== "returned") {
    const why = "message" in ending ? ending.message : ending.kind;
    const text = Buffer.concat(said).toString("utf8").slice(-2_000);
    throw new CapsuleError("internal_error", `CPython ${flavour.version} did not start: ${why}\n${text}`.trim());
  }
  const { pages, ...image } = JSON.parse(ending.value) as Omit<PythonImage, "memory" | "at" | "runs" | "key"> & {
    readonly pages: number;
  };
  const module = withoutData(metered);
  const memories = shape.memories.map((memory) => ({ ...memory, minimumPages: pages }));
  const { startFuel } = shape;
  const { runs, bytes } = withoutZeros(new Uint8Array(into, 0, pages * pageBytes));
  return pack({ memories, startFuel, moduleBytes: module.byteLength, image: { ...image, key, runs } }, module, bytes);
}

/** One line of JSON, then the module, then what the runs of the memory hold. */
function pack(head: Head, module: Uint8Array, memory: Uint8Array): Uint8Array {
  const line = headLine({ ...head, startFuel: String(head.startFuel) }, module.byteLength);
  return Buffer.concat([line, module, memory]);
}

async function unpack(key: string, packed: Uint8Array, context: EngineContext): Promise<Interpreter> {
  const end = packed.indexOf(10);
  const line = JSON.parse(Buffer.from(packed.subarray(0, end)).toString("utf8")) as Head & {
    readonly startFuel: string;
  };
  const module = packed.subarray(end + 1, end + 1 + line.moduleBytes);
  return {
    key,
    module: await compileEngine(module, context),
    memories: line.memories,
    startFuel: BigInt(line.startFuel),
    image: { ...line.image, ...sharedFrom(packed, end + 1 + line.moduleBytes) },
  };
}
