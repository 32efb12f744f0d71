/** Job: meter one module with the host's options: check its structure, instrument, say what the host must know. Never: files, caches, threads. */
import { InstrumentError, type Instrumented, instrument } from "@capsule-run/instrument";
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";
import type { MemoryShape } from "../worker/protocol.ts";
import { checkStructure, type Structure } from "./structure.ts";

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
  return namingErrors(name, () => {
    const structure = structureOf(bytes, name);
    const { bytes: metered, report } = meterOne(bytes, name, structure, structure?.maxTable ?? 0);
    const memories = report.memories.map(({ minimumPages, maximumPages, memory64 }) => ({
      minimumPages,
      maximumPages,
      memory64,
    }));
    return { bytes: metered, shape: { startFuel: report.startFuel, canThrow: structure?.canThrow ?? true, memories } };
  });
}

/** Null for what V8 refuses: the instrumenter says it better, with the place of the error. */
export function structureOf(bytes: Uint8Array, name: string): Structure | null {
  return WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>) ? checkStructure(bytes, name) : null;
}

/** @throws InstrumentError; CapsuleError `build_error` where the instrumenter accepts what V8 does not */
export function meterOne(bytes: Uint8Array, name: string, structure: Structure | null, maxTable: number): Instrumented {
  const metered = instrument(bytes, { global: "import", memory: "import", maxTable });
  if (structure === null) throw new CapsuleError("build_error", `${name} is no module that this version of V8 accepts`);
  return metered;
}

/** The instrumenter's errors as the host's. */
export function namingErrors<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof InstrumentError)) throw error;
    throw new CapsuleError("build_error", `${name}: ${error.message}`, { cause: error });
  }
}
