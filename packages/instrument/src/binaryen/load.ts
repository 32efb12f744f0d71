/** Job: load Binaryen once, read modules into it and write them out again. Never: change a module. */
import type binaryenModule from "binaryen";
import { InstrumentError } from "../errors.ts";

declare const WebAssembly: { validate(bytes: Uint8Array): boolean } | undefined;

export type Binaryen = typeof binaryenModule;
export type BinaryenModule = InstanceType<Binaryen["Module"]>;
export type ExpressionRef = number;
export type FunctionRef = number;
/** A node's, local's or function's type, as Binaryen numbers them. */
export type Type = number;

/** Binaryen is 15 MB: it is loaded by the first caller who needs it, not by the import of this entry. */
export async function loadBinaryen(): Promise<Binaryen> {
  return (await import("binaryen")).default;
}

/**
 * What V8 runs without flags. `Features.All` would also allow what V8 does not (custom descriptors, an overlong
 * `call_indirect`, compact imports), and Binaryen then writes encodings that V8 refuses, asked for or not.
 */
function features({ Features }: Binaryen): number {
  return (
    Features.MutableGlobals |
    Features.NontrappingFPToInt |
    Features.SIMD128 |
    Features.BulkMemory |
    Features.BulkMemoryOpt |
    Features.SignExt |
    Features.ExceptionHandling |
    Features.TailCall |
    Features.ReferenceTypes |
    Features.Multivalue |
    Features.GC |
    Features.Memory64 |
    Features.RelaxedSIMD |
    Features.ExtendedConst |
    Features.MultiMemory
  );
}

/**
 * Reads `bytes`, lets `change` work on the module, and gives it out again with `change`'s answer. The names of functions and
 * locals survive; custom sections that Binaryen does not know do too.
 */
export function withModule<T>(
  binaryen: Binaryen,
  bytes: Uint8Array,
  change: (module: BinaryenModule) => T,
): { readonly bytes: Uint8Array; readonly answer: T } {
  binaryen.setDebugInfo(true); // it only means: keep the name section
  // The type declarations name `readBinaryWithFeatures`; what exists is a second parameter of `readBinary`.
  const read = binaryen.readBinary as (bytes: Uint8Array, features: number) => BinaryenModule;
  let module: BinaryenModule;
  try {
    module = read(bytes, features(binaryen));
  } catch (error) {
    throw new InstrumentError("unsupported", `Binaryen cannot read this module: ${messageOf(error)}`);
  }
  try {
    const answer = change(module);
    const written = module.emitBinary();
    if (typeof WebAssembly !== "undefined" && !WebAssembly.validate(written))
      throw new InstrumentError("unsupported", "Binaryen writes this module in a form that is not valid WebAssembly");
    return { bytes: written, answer };
  } finally {
    module.dispose();
  }
}

/** Binaryen throws plain objects with a message, and aborts with a string. */
function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}
