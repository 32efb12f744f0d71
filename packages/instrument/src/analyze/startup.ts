/**
 * Job: what instantiation costs before the first operator of the `start` function: the price of the start-up function
 * that Wasmtime makes up (SPEC.md §1).
 * Never: count what the `start` function runs; that is metered like any other function.
 *
 * Wasmtime writes plain constants and function tables of known size into images for nothing; whatever it cannot turn
 * into an image it runs, and pays, in a function of its own.
 */
import type { ConstantExpression, DataSegment, Module } from "../binary/module.ts";
import { Op } from "../binary/opcodes.ts";

const largestTableImage = 1024 * 1024;
/** Bytes up to which an image may be mostly empty. */
const largestSparseImage = 16 * 1024 * 1024;

const isPlainConstant = (expression: ConstantExpression): boolean =>
  (expression.single >= 0x41 && expression.single <= 0x44) || expression.single === 0x30c;

/** Its operators, and the elements of the arrays that it makes. */
const priceOf = ({ operators, elements }: ConstantExpression): number => operators + elements;

export function startFuel(module: Module): bigint {
  let cost = 0n;
  let needed = module.start !== null;
  const run = (operators: number | bigint) => {
    needed = true;
    cost += BigInt(operators);
  };

  for (const { initializer } of module.globals)
    if (initializer && !isPlainConstant(initializer)) run(priceOf(initializer));

  for (const segment of module.elements) {
    if (segment.mode !== "passive") continue;
    run(0);
    for (const expression of segment.expressions ?? []) run(priceOf(expression));
  }

  module.tables.forEach((table) => {
    const { initializer, limits } = table;
    if (!initializer) return;
    if (initializer.single === Op.refFunc && limits.minimum <= BigInt(largestTableImage)) return;
    run(BigInt(priceOf(initializer)) + limits.minimum);
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
    for (const expression of segment.expressions ?? []) run(priceOf(expression));
  }

  const active = module.data.filter((segment) => segment.active);
  const images = memoryImages(module, active);
  if (images === null) for (const segment of active) run(segment.offset!.operators + segment.length);
  else if (images.size > 0 && images.size < module.memories.length - module.imported.memories) needed = true;

  if (module.start !== null) cost += 1n;
  return needed ? cost + 1n : 0n;
}

/**
 * The memories that Wasmtime gives an image of their initial data. Null where some segment cannot be part of one, or
 * where an image would be sparse: then all segments are run.
 */
function memoryImages(module: Module, active: readonly DataSegment[]): ReadonlySet<number> | null {
  const spans = new Map<number, { from: number; to: number; data: number }>();
  for (const { memory, offset, length } of active) {
    const from = offset!.offset;
    const limits = module.memories[memory];
    if (memory < module.imported.memories || from < 0 || limits === undefined) return null;
    if (BigInt(from + length) > limits.minimum * 65536n) return null;
    if (length === 0) continue;
    const span = spans.get(memory) ?? { from, to: from, data: 0 };
    spans.set(memory, {
      from: Math.min(span.from, from),
      to: Math.max(span.to, from + length),
      data: span.data + length,
    });
  }
  for (const { from, to, data } of spans.values())
    if (to - from >= 2 * data && to - from >= largestSparseImage) return null;
  return new Set(spans.keys());
}
