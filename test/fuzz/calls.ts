/** Job: emit calls of every kind, with their operands. Never: make the call graph cyclic (but for guarded recursion). */
import { s, u } from "../support/encode.ts";
import type { FunctionContext } from "./context.ts";
import { expression } from "./expression.ts";

/** Pushes the operands, calls, leaves the results. */
export function call(context: FunctionContext, callee: number, depth: number, tail = false): number[] {
  const { random, world } = context;
  const typeIndex = world.functions[callee]!;
  const operands = world.types[typeIndex]!.parameters.flatMap((type) => expression(context, type, depth - 1));
  // Most functions are called directly only: what a clever meter does with those is the interesting part.
  const kind = world.addressable.has(callee) ? random.below(8) : 9;
  if (kind < 2 && world.tableSize > 0) {
    // Table entry i holds function i: mostly the right one, sometimes one of another type, or none.
    const entry = random.chance(95) ? callee : world.tableSize + random.below(3) - 1;
    return [...operands, 0x41, ...u(Math.min(entry, 63)), tail ? 0x13 : 0x11, ...u(typeIndex), 0];
  }
  if (kind === 2 && world.functionReferences)
    return [...operands, 0xd2, ...u(callee), tail ? 0x15 : 0x14, ...u(typeIndex)];
  if (kind === 3 && world.functionReferences && world.tableSize > 0 && callee < world.functions.length) {
    // table.get, ref.cast to the type, call_ref: nobody can tell statically whom it reaches
    return [...operands, 0x41, ...s(callee), 0x25, 0, 0xfb, 0x16, ...s(typeIndex), tail ? 0x15 : 0x14, ...u(typeIndex)];
  }
  return [...operands, tail ? 0x12 : 0x10, ...u(callee)];
}
