/**
 * Job: what calls mean to the meter: for each function, whether a call to it can reach the host or throw, and whether
 * its price is known ahead.
 * Never: place anything.
 *
 * Three facts, from the strongest to the weakest:
 * - `price`: no loop, every way through it costs the same, at most 1,000, and it calls only such functions. Its caller
 *   pays for it and it is left alone (called *paid* below).
 * - `bounded`: no loop, and no way through it costs more than 1,000. It needs no check of its own.
 * - `quiet`: whatever it calls, nothing reaches the host, throws or catches. A call to it is no boundary: what its
 *   caller owes may stay owed across it.
 *
 * All are found in time linear in the size of the module: each body is read once, and functions without loops once more.
 * The limit of 1,000 also bounds what a caller pays ahead, since n calls nested n deep would cost 2^n.
 */
import { type Admitted, decode, type Operators } from "../binary/decode.ts";
import type { Module } from "../binary/module.ts";
import { Kind, opcodes } from "../binary/opcodes.ts";
import { controlFlow } from "./control.ts";

export const largestPaidPrice = 1000;
/** Bodies above this size are not worth reading twice: nothing that costs up to 1,000 is as large. */
const largestBody = 8192;

export interface CallFacts {
  /** By index of the defined function: its price if its callers pay it, otherwise −1. */
  readonly price: Int32Array;
  readonly bounded: Uint8Array;
  readonly quiet: Uint8Array;
  /** `call_indirect` and `call_ref` reach only quiet functions. */
  readonly indirectQuiet: boolean;
  /** Defined functions that the table, a global or an export leads to. */
  readonly addressTaken: ReadonlySet<number>;
  /** Functions that some direct call names. */
  readonly called: Uint8Array;
  /** Some function makes a tail call. */
  readonly tailCalls: boolean;
  /** Functions that make a direct tail call or are the target of one. */
  readonly tailCalled: Uint8Array;
}

export interface CodeSpan {
  /** Where the operators begin, after the declarations of locals. */
  readonly start: number;
  readonly end: number;
}

export function callFacts(
  module: Module,
  code: readonly CodeSpan[],
  indirectReachesHost: boolean,
  admitted: Admitted,
  operators: Operators,
): CallFacts {
  const { bytes, imported } = module;
  const size = code.length;
  const price = new Int32Array(size).fill(-1);
  const bounded = new Uint8Array(size);
  const quiet = new Uint8Array(size).fill(1);
  let catches = false;
  let tailCalls = false;
  const tailCalled = new Uint8Array(size);
  const called = new Uint8Array(size + 1);

  // Read every body once: its direct callees, and whether it can have a price.
  const callees: (readonly number[])[] = new Array(size);
  const candidate = new Uint8Array(size);
  /** The node of the call graph that stands for everything an indirect call may reach. */
  const indirect = size;
  const loud: number[] = [];
  const seen = new Int32Array(size + 1).fill(-1);
  for (let f = 0; f < size; f++) {
    const { start, end } = code[f]!;
    decode(bytes, start, end, admitted, operators);
    const { count, opcode, first } = operators;
    const found: number[] = [];
    let simple = end - start <= largestBody;
    let isLoud = false;
    for (let i = 0; i < count; i++) {
      const kind = opcodes.kind[opcode[i]!]!;
      if (kind < Kind.loop) continue;
      switch (kind) {
        case Kind.returnCall:
        case Kind.call: {
          const callee = first[i]! - imported.functions;
          if (kind === Kind.returnCall) {
            simple = false;
            tailCalls = true;
            tailCalled[f] = 1;
            if (callee >= 0) tailCalled[callee] = 1;
          }
          if (callee < 0) {
            isLoud = true;
            simple = false;
          } else if (seen[callee] !== f) {
            seen[callee] = f;
            called[callee] = 1;
            found.push(callee);
          }
          break;
        }
        case Kind.returnCallIndirect:
        case Kind.returnCallRef:
        case Kind.callIndirect:
        case Kind.callRef:
          if (kind >= Kind.returnCall) {
            tailCalls = true;
            tailCalled[f] = 1;
          }
          simple = false;
          if (seen[indirect] !== f) {
            seen[indirect] = f;
            found.push(indirect);
          }
          break;
        case Kind.try:
        case Kind.tryTable:
          catches = true;
          simple = false;
          isLoud = true;
          break;
        case Kind.throw:
          isLoud = true;
          simple = false;
          break;
        case Kind.loop:
        case Kind.bulk:
        case Kind.memoryGrow:
        case Kind.tableGrow:
          simple = false;
          break;
      }
    }
    callees[f] = found;
    candidate[f] = simple ? 1 : 0;
    if (isLoud) loud.push(f);
  }

  // Loudness travels from callees to callers.
  const callers = reverse(callees, size + 1);
  const addressTaken = new Set<number>();
  const take = (index: number) => {
    if (index >= imported.functions) addressTaken.add(index - imported.functions);
  };
  for (const segment of module.elements) for (const index of segment.functions) take(index);
  for (const { initializer } of module.globals) initializer?.functions.forEach(take);
  for (const { initializer } of module.tables) initializer?.functions.forEach(take);
  // A `ref.func` of an exported function needs no other declaration.
  for (const entry of module.exports) if (entry.kind === 0) take(entry.index);
  let indirectQuiet = !indirectReachesHost;
  const makeLoud = (f: number) => {
    if (quiet[f] === 0) return;
    quiet[f] = 0;
    loud.push(f);
  };
  const silenceIndirect = () => {
    if (!indirectQuiet) return;
    indirectQuiet = false;
    for (const f of callers(indirect)) makeLoud(f);
  };
  if (indirectReachesHost) for (const f of callers(indirect)) makeLoud(f);
  for (const f of loud) quiet[f] = 0;
  for (let next = 0; next < loud.length; next++) {
    const f = loud[next]!;
    for (const caller of callers(f)) makeLoud(caller);
    if (addressTaken.has(f)) silenceIndirect();
  }

  // Prices from callees to callers; what is recursive never becomes ready.
  const waiting = new Int32Array(size);
  const ready: number[] = [];
  for (let f = 0; f < size; f++) {
    if (candidate[f] === 0) continue;
    waiting[f] = callees[f]!.length;
    if (waiting[f] === 0) ready.push(f);
  }
  const longest = new Int32Array(size);
  for (let next = 0; next < ready.length; next++) {
    const f = ready[next]!;
    const { start, end } = code[f]!;
    decode(bytes, start, end, admitted, operators);
    const type = module.types[module.functions[imported.functions + f]!]!;
    const results = type.kind === "function" ? type.results : 0;
    const range = priceRange(operators, module, results, (index) => longest[index - imported.functions]);
    if (range.most > largestPaidPrice) continue;
    bounded[f] = 1;
    longest[f] = range.most;
    const allPaid = callees[f]!.every((callee) => price[callee]! >= 0);
    if (range.constant && allPaid) price[f] = range.most;
    for (const caller of callers(f)) {
      if (caller < size && candidate[caller] === 1 && --waiting[caller]! === 0) ready.push(caller);
    }
  }
  // On an engine whose stack overflow can be caught, what is owed across calls would be lost with the frames that owe it.
  if (catches) quiet.fill(0);
  return {
    price,
    bounded,
    quiet,
    indirectQuiet: indirectQuiet && !catches,
    addressTaken,
    called,
    tailCalls,
    tailCalled,
  };
}

/** For each node, which nodes point to it: one flat array, so that 100,000 functions stay cheap. */
function reverse(edges: readonly (readonly number[])[], nodes: number): (node: number) => Int32Array {
  const offset = new Int32Array(nodes + 1);
  for (const list of edges) for (const to of list) offset[to + 1]!++;
  for (let i = 0; i < nodes; i++) offset[i + 1]! += offset[i]!;
  const fill = offset.slice(0, nodes);
  const flat = new Int32Array(offset[nodes]!);
  edges.forEach((list, from) => {
    for (const to of list) flat[fill[to]!++] = from;
  });
  return (node) => flat.subarray(offset[node]!, offset[node + 1]!);
}

/**
 * The most that a way through an acyclic function costs, and whether all ways that return cost the same. Ways that end
 * in a trap do not count: what a trap has paid is an estimate.
 */
function priceRange(
  operators: Operators,
  module: Module,
  results: number,
  calleePrice: (functionIndex: number) => number | undefined,
): { most: number; constant: boolean } {
  const { blocks } = controlFlow(operators, module.types, results, { price: calleePrice, quiet: () => false });
  const most = new Float64Array(blocks.length);
  /** Price from a block to the return, the block included; −1: never returns; NaN: ways differ. */
  const same = new Float64Array(blocks.length);
  for (let b = blocks.length - 1; b >= 0; b--) {
    const block = blocks[b]!;
    let rest = 0;
    let common = -1;
    for (const edge of block.out) {
      let onward: number;
      if (edge.to) {
        rest = Math.max(rest, most[edge.to.index]!);
        onward = same[edge.to.index]!;
      } else onward = operators.opcode[edge.at] === 0x00 && edge.at < operators.count ? -1 : 0;
      if (onward === -1) continue;
      if (common === -1) common = onward;
      else if (common !== onward) common = Number.NaN;
    }
    most[b] = rest + block.price;
    same[b] = common === -1 ? -1 : common + block.price;
  }
  return { most: most[0]!, constant: same[0]! >= 0 };
}
