/** Job: meter a core module with the host's options, through the cache. Never: compile or run it. */
import { InstrumentError, type InstrumentOptions, type InstrumentReport, instrument } from "@capsule-run/instrument";
import { type Cache, cacheKey } from "../cache.ts";
import { CapsuleError } from "../errors.ts";
import { parseJson, stringifyJson } from "../json.ts";
import { quote } from "../policy/problem.ts";
import type { MemoryShape } from "../worker/protocol.ts";
import type { SourceFile } from "./interface.ts";
import { checkStructure } from "./structure.ts";

const options = { global: "import", memory: "import" } as const satisfies InstrumentOptions;
const mostBytes = 128 * 1024 * 1024;
/** Part of every cache key: raise it when the metering of equal bytes changes. */
export const meteringVersion = "2";

/** What the host needs of the instrumenter's report. */
export interface MeteredShape {
  readonly startFuel: bigint;
  /** See structure.ts. */
  readonly canThrow: boolean;
  readonly memories: readonly MemoryShape[];
}

/** The key of a module's metered form. */
export function meteredKey(bytes: Uint8Array): string {
  return cacheKey("metered module", meteringVersion, JSON.stringify(options), bytes);
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
    const { bytes: metered, shape } = meterNow(bytes, source);
    return Buffer.concat([Buffer.from(`${stringifyJson(shape, "shape")}\n`), metered]);
  });
  const end = entry.indexOf(10);
  const shape = parseJson(Buffer.from(entry.subarray(0, end)).toString()) as unknown as MeteredShape;
  return { metered: entry.subarray(end + 1), report: { ...shape, startFuel: BigInt(shape.startFuel) } };
}

function meterNow(bytes: Uint8Array, source: SourceFile): { bytes: Uint8Array; shape: MeteredShape } {
  const name = quote(source.path);
  if (bytes.byteLength > mostBytes) {
    throw new CapsuleError(
      "build_error",
      `${name} has ${bytes.byteLength} bytes; modules of at most ${mostBytes} are run`,
    );
  }
  try {
    const isValid = WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);
    // What V8 refuses, the instrumenter says better: with the place of the error.
    const { canThrow, maxTable } = isValid ? checkStructure(bytes, name) : { canThrow: true, maxTable: 0 };
    const metered = instrument(bytes, { ...options, maxTable });
    if (!isValid) throw new CapsuleError("build_error", `${name} is no module that this version of V8 accepts`);
    return { bytes: metered.bytes, shape: shapeOf(metered.report, canThrow) };
  } catch (error) {
    if (!(error instanceof InstrumentError)) throw error;
    throw new CapsuleError("build_error", `${name}: ${error.message}`, { cause: error });
  }
}

function shapeOf({ startFuel, memories }: InstrumentReport, canThrow: boolean): MeteredShape {
  return {
    startFuel,
    canThrow,
    memories: memories.map(({ minimumPages, maximumPages, memory64 }) => ({ minimumPages, maximumPages, memory64 })),
  };
}
