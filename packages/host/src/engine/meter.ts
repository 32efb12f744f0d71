/** Job: meter a core module with the host's options, through the cache. Never: compile or run it. */
import { InstrumentError, type InstrumentOptions, type InstrumentReport, instrument } from "@capsule-run/instrument";
import { type Cache, cacheKey } from "../cache.ts";
import { CapsuleError } from "../errors.ts";
import { parseJson, stringifyJson } from "../json.ts";
import { quote } from "../policy/problem.ts";
import type { MemoryShape } from "../worker/protocol.ts";
import type { SourceFile } from "./interface.ts";

const options = { global: "import", memory: "import" } as const satisfies InstrumentOptions;
/** Part of every cache key: raise it when the metering of equal bytes changes. */
export const meteringVersion = "1";

/** What the host needs of the instrumenter's report. */
export interface MeteredShape {
  readonly startFuel: bigint;
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
    const { bytes: metered, report } = meterNow(bytes, source);
    return Buffer.concat([Buffer.from(`${stringifyJson(shapeOf(report), "report")}\n`), metered]);
  });
  const end = entry.indexOf(10);
  const shape = parseJson(Buffer.from(entry.subarray(0, end)).toString()) as unknown as MeteredShape;
  return { metered: entry.subarray(end + 1), report: { ...shape, startFuel: BigInt(shape.startFuel) } };
}

function meterNow(bytes: Uint8Array, source: SourceFile): { bytes: Uint8Array; report: InstrumentReport } {
  try {
    return instrument(bytes, options);
  } catch (error) {
    if (!(error instanceof InstrumentError)) throw error;
    throw new CapsuleError("build_error", `${quote(source.path)}: ${error.message}`, { cause: error });
  }
}

function shapeOf(report: InstrumentReport): MeteredShape {
  return {
    startFuel: report.startFuel,
    memories: report.memories.map(({ minimumPages, maximumPages, memory64 }) => ({
      minimumPages,
      maximumPages,
      memory64,
    })),
  };
}
