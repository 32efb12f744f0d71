/** Job: Binaryen's own optimiser, before metering: fewer operators run, fewer are paid for. Never: meter. */
import { loadBinaryen, withModule } from "./load.ts";

export interface OptimizeOptions {
  /** As `wasm-opt`: 1 … 4 for speed, `"s"` and `"z"` for size. Default 2. */
  readonly level?: 1 | 2 | 3 | 4 | "s" | "z";
}

/**
 * Runs Binaryen's default passes over a module. Meter what comes out, not what went in: fuel is counted on the operators
 * that the meter sees, so an optimised module costs less than the original.
 *
 * @throws InstrumentError `unsupported` when Binaryen cannot read the module
 * @throws RangeError for a level that is none
 *
 * @example
 * ```ts
 * import { instrument } from "@capsule-run/instrument";
 * import { optimize } from "@capsule-run/instrument/binaryen";
 * import { parseText } from "@capsule-run/instrument/text";
 *
 * const module = await parseText('(module (func (export "f") (result i32) i32.const 20 i32.const 22 i32.add))');
 * const { bytes } = instrument(await optimize(module)); // one operator, not three
 * ```
 */
export async function optimize(bytes: Uint8Array, options: OptimizeOptions = {}): Promise<Uint8Array> {
  const { level = 2 } = options;
  if (![1, 2, 3, 4, "s", "z"].includes(level))
    throw new RangeError(`level is ${JSON.stringify(level)}; use 1, 2, 3, 4, "s" or "z"`);
  const binaryen = await loadBinaryen();
  binaryen.setOptimizeLevel(typeof level === "number" ? level : 2);
  binaryen.setShrinkLevel(level === "s" ? 1 : level === "z" ? 2 : 0);
  return withModule(binaryen, bytes, (module) => module.optimize()).bytes;
}
