/**
 * Job: meter a module the plain way: one decrement and one check at the head of every basic block.
 * Never: be clever. It is the reference that the fast rewriter is held against, short enough to be believed by reading.
 *
 * What it does. Before and after, as WebAssembly text:
 *
 * ```wat
 * (func $f (param $n i32)          (func $f (param $n i32)
 *                                    (global.set $fuel (i64.sub (global.get $fuel) (i64.const 1)))     ;; entering
 *                                    (if (i64.le_s (global.get $fuel) (i64.const 0)) (unreachable))
 *   (loop $again                     (loop $again
 *                                      (global.set $fuel (i64.sub (global.get $fuel) (i64.const 2)))   ;; local.get, call
 *                                      (if (i64.le_s (global.get $fuel) (i64.const 0)) (unreachable))
 *     (call $g (local.get $n))         (call $g (local.get $n))
 *                                      (global.set $fuel (i64.sub (global.get $fuel) (i64.const 6)))   ;; what follows the call
 *                                      (if (i64.le_s (global.get $fuel) (i64.const 0)) (unreachable))
 *     (br_if $again                    (br_if $again
 *       (local.tee $n                    (local.tee $n
 *         (i32.sub                         (i32.sub
 *           (local.get $n)                   (local.get $n)
 *           (i32.const 1)))))))              (i32.const 1)))))))
 * ```
 *
 * Blocks begin at functions, loops, arms of `if`, handlers, joins, and after calls, bulk operators and conditional
 * branches (count.ts). A block is paid for before it runs, so a run ends normally exactly when its cost is below its
 * budget, and no host call is reached with the budget spent. Bulk operators pay for their length when they have succeeded.
 *
 * Why on Binaryen's tree? It is the IR that a reader of such passes knows, and it is a second opinion: reader, control flow and
 * writer are not ours, so a mistake here is unlikely to be the rewriter's mistake too.
 *
 * Rejected: a call to the host in every block (10 to 42 times the running time); a charge before the first operator that
 * follows, instead of behind a call, which saves the local for its value and takes twice the code; Binaryen's C API
 * through its JavaScript objects (`getExpressionInfo`), which is an order slower than the addresses of the raw API.
 *
 * Known limits
 * - Binaryen 132's C API cannot look into `try_table`, `throw_ref`, `table.fill`, `table.copy` and `table.init`;
 *   `array.new_elem` and `array.init_elem` are left out: modules that use them are refused.
 * - Binaryen 132 fails at `memory.copy` between memories of different widths, and writes some unreachable code in an invalid
 *   form: both are refused too, never written.
 * - Binaryen writes imports grouped by kind, drops types that nothing uses, and may encode a value that waits on the stack
 *   as a local. Names of imports and exports, and the order of exports, stay.
 */

import { startFuel } from "../analyze/startup.ts";
import { decode, Operators } from "../binary/decode.ts";
import { readLocals } from "../binary/locals.ts";
import { type Module, readModule } from "../binary/module.ts";
import { InstrumentError } from "../errors.ts";
import { type InstrumentOptions, type ResolvedOptions, resolveOptions } from "../options.ts";
import type { Instrumented, InstrumentReport } from "../report.ts";
import { admittedFeatures, refuseLimits, refuseReservedNames, validateByEngine } from "../validate.ts";
import { type Counters, chargeBlocks, type Placed } from "./charge.ts";
import { type Blocks, countBlocks } from "./count.ts";
import { type Binaryen, type BinaryenModule, loadBinaryen, withModule } from "./load.ts";
import { nodeKinds } from "./nodes.ts";
import { prepare } from "./prepare.ts";

/**
 * Meters a module with one decrement and one check at the head of every basic block. Same options, same report and the same
 * fuel as `instrument`; slower code, slower to make.
 *
 * @throws InstrumentError as `instrument` does; `unsupported` for what Binaryen's C API cannot look into (`try_table`,
 *   `throw_ref`, `table.fill`, `table.copy`, `table.init`; with `memory: "import"`, several memories)
 * @throws TypeError, RangeError for options that are none
 *
 * @example
 * ```ts
 * import { instrumentPlain } from "@capsule-run/instrument/binaryen";
 * import { parseText } from "@capsule-run/instrument/text";
 *
 * const module = await parseText('(module (func (export "spin") (loop $again (br $again))))');
 * const { bytes } = await instrumentPlain(module, { global: "export", fuel: 1000n });
 * const { instance } = await WebAssembly.instantiate(bytes);
 * (instance.exports.spin as () => void)(); // RuntimeError: unreachable, and "capsule:fuel" is at most 0
 * ```
 */
export async function instrumentPlain(bytes: Uint8Array, options: InstrumentOptions = {}): Promise<Instrumented> {
  const resolved = resolveOptions(options);
  const admitted = admittedFeatures(resolved);
  const module = readModule(bytes, admitted);
  refuseReservedNames(module);
  refuseLimits(module, resolved);
  const operators = new Operators();
  const declared = module.bodies.map(({ start, end }) => {
    const locals = readLocals(bytes, start, end);
    decode(bytes, locals.end, end, admitted, operators); // refuses operators that are not admitted, by their offset
    return locals.declared;
  });
  validateByEngine(module, admitted);
  if (resolved.memory === "import" && module.memories.length > 1)
    throw new InstrumentError(
      "unsupported",
      "the plain pass cannot import several memories: Binaryen's C API does not say which one a growth is of",
    );

  const binaryen = await loadBinaryen();
  const startUp = startFuel(module);
  const { bytes: metered, answer } = withModule(binaryen, prepare(module, resolved), (tree) =>
    meter(binaryen, tree, declared, resolved, startUp),
  );
  return { bytes: metered, report: { ...answer, ...facts(module, readModule(metered, admitted), startUp) } };
}

/** The functions of a tree, each counted and then charged. */
function meter(
  binaryen: Binaryen,
  tree: BinaryenModule,
  declared: readonly number[],
  options: ResolvedOptions,
  startUp: bigint,
): Pick<InstrumentReport, "blocks" | "decrements" | "checks" | "plainDecrements" | "plainChecks"> {
  const api = binaryen as unknown as Record<string, (...args: number[]) => number>;
  const kindOf = nodeKinds(binaryen);
  const counters = addCounters(binaryen, tree, options, startUp);
  const placed: Placed = { decrements: 0, checks: 0 };
  let blocks = 0;
  let next = 0;
  const count = api._BinaryenGetNumFunctions!(tree.ptr);
  for (let index = 0; index < count; index++) {
    const fn = api._BinaryenGetFunctionByIndex!(tree.ptr, index);
    const body = api._BinaryenFunctionGetBody!(fn);
    if (body === 0) continue; // imported
    const parameters = binaryen.expandType(api._BinaryenFunctionGetParams!(fn)).length;
    let counted: Blocks;
    try {
      counted = countBlocks(binaryen, kindOf, body, parameters + declared[next]!);
      chargeBlocks(binaryen, tree, kindOf, fn, counted, counters, placed);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new InstrumentError(
        "unsupported",
        `function ${next} is nested too deeply for the plain pass, which is recursive`,
      );
    }
    next++;
    blocks += counted.before.size + counted.after.size;
  }
  return { blocks, ...placed, plainDecrements: placed.decrements, plainChecks: placed.checks };
}

function addCounters(binaryen: Binaryen, tree: BinaryenModule, options: ResolvedOptions, startUp: bigint): Counters {
  const fuel = unusedName(tree, "capsule.fuel");
  if (options.global === "import") tree.addGlobalImport(fuel, "capsule", "fuel", binaryen.i64, true);
  else {
    tree.addGlobal(fuel, binaryen.i64, true, tree.i64.const(options.fuel - startUp));
    tree.addGlobalExport(fuel, "capsule:fuel");
  }
  if (options.memory === "keep") return { fuel, growth: null };
  const refused = unusedName(tree, "capsule.refused");
  tree.addGlobalImport(refused, "capsule", "refused", binaryen.i32, true);
  const pages = unusedName(tree, "capsule.pages");
  tree.addGlobalImport(pages, "capsule", "pages", binaryen.i32, true);
  return { fuel, growth: { refused, pages } };
}

/** Names inside Binaryen come from the module's name section: a guest may have taken any. */
function unusedName(tree: BinaryenModule, wanted: string): string {
  let name = wanted;
  while (tree.getGlobal(name) !== 0) name += "_";
  return name;
}

function facts(
  before: Module,
  after: Module,
  startUp: bigint,
): Pick<InstrumentReport, "startFuel" | "functions" | "functionsAdded" | "bytesBefore" | "bytesAfter" | "memories"> {
  return {
    startFuel: startUp,
    functions: before.bodies.length,
    functionsAdded: after.bodies.length - before.bodies.length,
    bytesBefore: before.bytes.length,
    bytesAfter: after.bytes.length,
    memories: after.memories.map(({ minimum, maximum, is64 }, index) => ({
      minimumPages: Number(minimum),
      maximumPages: maximum === null ? null : Number(maximum),
      memory64: is64,
      imported: index < after.imported.memories,
    })),
  };
}
