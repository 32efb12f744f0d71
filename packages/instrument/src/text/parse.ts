/** Job: WebAssembly text to a binary module. Never: meter it. */
import { InstrumentError } from "../errors.ts";
import { features, loadWabt, wabtError } from "./wabt.ts";

/** Whether text, behind blanks and line comments, begins as a component. */
const isComponentText = (text: string): boolean => /^(?:\s|;;[^\n]*(?:\n|$))*\(\s*component\b/.test(text);

/**
 * Assembles a module from the WebAssembly text format with wabt.
 *
 * @param text one `(module …)`, or the fields of one without the parentheses
 * @param options.name what errors call the text; default `"module.wat"`
 * @returns the binary module, validated, with the names of the text in its name section
 * @throws InstrumentError `malformed`, saying the line and column of the first error; `component` for a component's text
 *
 * @example
 * ```ts
 * import { parseText } from "@capsule-run/instrument/text";
 *
 * const bytes = await parseText('(module (func (export "answer") (result i32) i32.const 42))');
 * const { instance } = await WebAssembly.instantiate(bytes);
 * (instance.exports.answer as () => number)(); // 42
 * ```
 */
export async function parseText(text: string, options: { readonly name?: string } = {}): Promise<Uint8Array> {
  const { name = "module.wat" } = options;
  if (typeof text !== "string") throw new TypeError(`parseText wants a string, not ${typeof text}`);
  if (isComponentText(text))
    throw new InstrumentError(
      "component",
      `${name} is a component in text form, which only modules are read in: make it binary, such as with "wasm-tools parse"`,
    );
  const wabt = await loadWabt();
  try {
    const module = wabt.parseWat(name, text, features);
    try {
      module.resolveNames();
      // wabt takes the features here too, which its type declarations do not say; without them it validates the MVP.
      (module.validate as (enabled: typeof features) => void).call(module, features);
      return Uint8Array.from(module.toBinary({ write_debug_names: true }).buffer);
    } finally {
      module.destroy();
    }
  } catch (error) {
    throw wabtError(error, name);
  }
}
