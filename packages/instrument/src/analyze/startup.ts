/**
 * Job: what instantiation costs before the first operator of the `start` function: the price of the start-up function
 * that Wasmtime makes up (SPEC.md §1).
 * Never: count what the `start` function runs; that is metered like any other function.
 *
 * Wasmtime writes plain constants and function tables of known size into images for nothing; whatever it cannot turn
 * into an image it runs, and pays, in a function of its own.
 */
import type { ConstantExpression, Module } from "../binary/module.ts";
import { Op } from "../binary/opcodes.ts";

const largestTableImage = 1024 * 1024;

const isPlainConstant = (expression: ConstantExpression): boolean =>
  (expression.single >= 0x41 && expression.single <= 0x44) || expression.single === 0x30c;

export function startFuel(module: Module): bigint {
  let cost = 0n;
  let needed = module.start !== null;
  const run = (operators: number | bigint) => {
    needed = true;
    cost += BigInt(operators);
  };

  for (const { initializer } of module.globals)
    if (initializer && !isPlainConstant(initializer)) run(initializer.operators);

  for (const segment of module.elements) {
    if (segment.mode !== "passive") continue;
    run(0);
    for (const expression of segment.expressions ?? []) run(expression.operators);
  }

  module.tables.forEach((table) => {
    const { initializer, limits } = table;
    if (!initializer || initializer.single === Op.refNull) return;
    if (initializer.single === Op.refFunc && limits.minimum <= BigInt(largestTableImage)) return;
    run(BigInt(initializer.operators) + limits.minimum);
  });

  // Once one active segment has to be run, all after it are run too: they may overlap.
  let image = true;
  for (const segment of module.elements) {
    if (segment.mode !== "active") continue;
    const table = module.tables[segment.table];
    const end = segment.offset!.offset + segment.length;
    image &&=
      segment.table >= module.imported.tables &&
      segment.offset!.offset >= 0 &&
      table !== undefined &&
      BigInt(end) <= table.limits.minimum &&
      end <= largestTableImage &&
      table.functions &&
      segment.expressions === null;
    if (image) continue;
    run(segment.offset!.operators + segment.length);
    for (const expression of segment.expressions ?? []) run(expression.operators);
  }

  const active = module.data.filter((segment) => segment.active);
  const dataImage = active.every((segment) => {
    const offset = segment.offset!;
    const memory = module.memories[segment.memory];
    return (
      segment.memory >= module.imported.memories &&
      offset.offset >= 0 &&
      memory !== undefined &&
      BigInt(offset.offset + segment.length) <= memory.minimum * 65536n
    );
  });
  if (!dataImage) for (const segment of active) run(segment.offset!.operators + segment.length);

  if (module.start !== null) cost += 1n;
  return needed ? cost + 1n : 0n;
}
