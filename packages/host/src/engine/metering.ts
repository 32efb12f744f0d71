/** Job: meter one module with the host's options: check its structure, instrument, say what the host must know. Never: files, caches, threads. */
import { InstrumentError, instrument } from "@capsule-run/instrument";
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";
import type { MemoryShape } from "../worker/protocol.ts";
import { checkStructure } from "./structure.ts";

/** What the host needs of the instrumenter's report. */
export interface MeteredShape {
  readonly startFuel: bigint;
  /** See structure.ts. */
  readonly canThrow: boolean;
  readonly memories: readonly MemoryShape[];
}

export interface Metered {
  readonly bytes: Uint8Array;
  readonly shape: MeteredShape;
}

/**
 * @param path how errors call the module
 * @throws CapsuleError `build_error`
 */
export function meterModule(bytes: Uint8Array, path: string): Metered {
  const name = quote(path);
  try {
    const isValid = WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);
    // What V8 refuses, the instrumenter says better: with the place of the error.
    const { canThrow, maxTable } = isValid ? checkStructure(bytes, name) : { canThrow: true, maxTable: 0 };
    const metered = instrument(bytes, { global: "import", memory: "import", maxTable });
    if (!isValid) throw new CapsuleError("build_error", `${name} is no module that this version of V8 accepts`);
    const memories = metered.report.memories.map(({ minimumPages, maximumPages, memory64 }) => ({
      minimumPages,
      maximumPages,
      memory64,
    }));
    return { bytes: metered.bytes, shape: { startFuel: metered.report.startFuel, canThrow, memories } };
  } catch (error) {
    if (!(error instanceof InstrumentError)) throw error;
    throw new CapsuleError("build_error", `${name}: ${error.message}`, { cause: error });
  }
}
