/**
 * Job: refuse what must not be metered: the counter's own names, shared memory, more memory or table than allowed; and
 * ask the engine whether the module is valid, so that everything after may rely on it.
 * Never: change anything.
 */
import { type Admitted, decode, Operators } from "./binary/decode.ts";
import { readLocals } from "./binary/locals.ts";
import { ExternalKind, type Module } from "./binary/module.ts";
import { Feature } from "./binary/opcodes.ts";
import { InstrumentError } from "./errors.ts";
import type { ResolvedOptions } from "./options.ts";

/** Every engine has it; where it is missing, decoding finds malformed code but not type errors. */
declare const WebAssembly: { validate(bytes: Uint8Array): boolean } | undefined;

export const pageSize = 65536n;

export function admittedFeatures(options: ResolvedOptions): Admitted {
  const admitted: boolean[] = [];
  admitted[Feature.gcAllocation] = options.features.gc;
  admitted[Feature.relaxedSimd] = options.features.relaxedSimd;
  return admitted;
}

/** Refuses names that would give the guest the counter. */
export function refuseReservedNames(module: Module): void {
  for (const { module: from, name, kind, span } of module.imports) {
    if (from !== "capsule") continue;
    if (name === "fuel" && kind === ExternalKind.global)
      throw new InstrumentError(
        "already_metered",
        'the module imports the counter "capsule" "fuel": it was metered before; meter the original',
        span.start,
      );
    throw new InstrumentError(
      "reserved_name",
      `the module imports ${JSON.stringify(name)} from "capsule", which is reserved for the meter: rename that import`,
      span.start,
    );
  }
  for (const { name, at } of module.exports) {
    // A function of an interface of the package "capsule", as components name it, is none of the meter's.
    if (!name.startsWith("capsule:") || /^capsule:[a-z0-9-]+\//.test(name)) continue;
    if (name === "capsule:fuel")
      throw new InstrumentError(
        "already_metered",
        'the module exports "capsule:fuel": it was metered before; meter the original',
        at,
      );
    throw new InstrumentError(
      "reserved_name",
      `the module exports ${JSON.stringify(name)}; names beginning with "capsule:" are reserved for the meter: rename that export`,
      at,
    );
  }
}

/** Refuses memories and tables that do not fit the limits. */
export function refuseLimits(module: Module, options: ResolvedOptions): void {
  for (const memory of module.memories)
    if (memory.shared)
      throw new InstrumentError(
        "unsupported",
        "shared memory is not supported: build without threads",
        memory.span.start,
      );
  if (options.maxMemory !== null) {
    const maximumPages = BigInt(options.maxMemory) / pageSize;
    for (const memory of module.memories.slice(module.imported.memories))
      if (memory.minimum > maximumPages)
        throw new InstrumentError(
          "limit",
          `the module asks for ${memory.minimum} pages of memory, maxMemory allows ${maximumPages}`,
          memory.span.start,
        );
  }
  let elements = 0n;
  for (const table of module.tables.slice(module.imported.tables)) {
    if (table.limits.shared)
      throw new InstrumentError("unsupported", "shared tables are not supported", table.span.start);
    elements += table.limits.minimum;
    if (elements > BigInt(options.maxTable))
      throw new InstrumentError(
        "limit",
        `the module's tables ask for ${elements} elements, maxTable allows ${options.maxTable}`,
        table.span.start,
      );
  }
}

/** Asks the engine; where it refuses, looks for the reason in the code to say where it is. */
export function validateByEngine(module: Module, admitted: Admitted): void {
  if (typeof WebAssembly === "undefined" || WebAssembly.validate(module.bytes)) return;
  const operators = new Operators();
  for (const body of module.bodies) {
    const { end } = readLocals(module.bytes, body.start, body.end);
    decode(module.bytes, end, body.end, admitted, operators);
  }
  throw new InstrumentError("invalid", "the engine refuses the module: it is well formed but not valid WebAssembly");
}
