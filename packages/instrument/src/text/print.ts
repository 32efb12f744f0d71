/** Job: a binary module as WebAssembly text, operator for operator. Never: fold, simplify or repair. */
import { features, loadWabt, wabtError } from "./wabt.ts";

/**
 * Prints a module in the linear text format: one line for each operator of the binary, so that what is counted can be read.
 * (Binaryen's printer shows a tree of its own instead.)
 *
 * @throws InstrumentError `malformed`, when the bytes are no module, or one that uses what wabt cannot print (GC types)
 *
 * @example
 * ```ts
 * import { parseText, printText } from "@capsule-run/instrument/text";
 *
 * await printText(await parseText("(module (func $f nop))")); // (module\n  (type (;0;) (func))\n  (func $f (type 0)\n    nop))\n
 * ```
 */
export async function printText(bytes: Uint8Array, options: { readonly name?: string } = {}): Promise<string> {
  const { name = "module.wasm" } = options;
  if (!(bytes instanceof Uint8Array)) throw new TypeError("printText wants the module as a Uint8Array");
  const wabt = await loadWabt();
  try {
    const module = wabt.readWasm(bytes, { ...features, readDebugNames: true });
    try {
      module.applyNames();
      return module.toText({ foldExprs: false, inlineExport: false });
    } finally {
      module.destroy();
    }
  } catch (error) {
    throw wabtError(error, name);
  }
}
