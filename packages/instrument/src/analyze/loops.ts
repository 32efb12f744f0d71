/**
 * Job: find the loops that can do without a lowering and a check in every turn: one block long, left only at its last
 * operator, a `br_if` back to the head.
 * Never: write bytes.
 *
 * *Counted*: one local goes up or down by a constant in every turn and is compared with something that does not change.
 * Then the turns can be counted before the first: they are paid ahead and the loop is left as it is. (`plan.ts` has the
 * untouched copy for the case that the budget does not suffice.)
 * *Unrolled*: small and not counted. Two or four turns are written out, paid and checked together.
 *
 * The value of a local at a place in the turn is read off the operators backwards: `local.get`, `local.tee`, constants,
 * `i32.add`, `i32.sub`. Anything else is unknown, and the loop is not counted. Rejected: following values over several
 * blocks (rare in what compilers emit: loops with branches seldom cost the same on all ways); steps that are not
 * constant (a division per loop, 1.17 → 1.26 on the kernels that have them).
 */
import type { Operators } from "../binary/decode.ts";
import { Kind, Op, opcodes } from "../binary/opcodes.ts";
import { type Block, type ControlFlow, EdgeKind } from "./control.ts";

/** A value that is known in terms of the start of a turn: a local, or none, plus a constant. */
interface Value {
  readonly local: number | null;
  readonly offset: number;
}

export interface CountedLoop {
  readonly kind: "counted";
  readonly block: Block;
  /** Index of its `end`. */
  readonly end: number;
  /** The value that the first turn compares: a local as it is before the loop, plus a constant. */
  readonly first: { readonly local: number; readonly offset: number };
  readonly step: number;
  /** Goes on while value ⟨comparison⟩ bound. */
  readonly comparison: "ne" | "lt_s" | "lt_u" | "le_s" | "le_u" | "gt_s" | "gt_u" | "ge_s" | "ge_u";
  readonly bound: { readonly local: number | null; readonly offset: number };
}

export interface UnrolledLoop {
  readonly kind: "unrolled";
  readonly block: Block;
  readonly end: number;
  readonly turns: number;
}

export type SpecialLoop = CountedLoop | UnrolledLoop;

/** A turn that costs more is not counted: 2^32 turns stay far below 2^62. */
const dearestTurn = 2 ** 24;
/** Bytes of a turn up to which a loop is unrolled four times, twice. */
const fourfold = 48;
const twofold = 120;

/** The loops that are treated on their own, by block index of their head. */
export function specialLoops(operators: Operators, flow: ControlFlow): ReadonlyMap<number, SpecialLoop> {
  const found = new Map<number, SpecialLoop>();
  const { opcode, first, position } = operators;
  for (const block of flow.blocks) {
    if (block.loop < 0 || block.readsCounter || block.in.length !== 2 || block.out.length !== 2) continue;
    const back = block.out[0]!;
    if (back.kind !== EdgeKind.branchIf || back.to !== block || block.price > dearestTurn) continue;
    const end = block.last + 1;
    if (first[block.loop] !== -64 || opcode[end] !== Op.end || leadsOut(operators, block)) continue;
    const counted = countedLoop(operators, block, end);
    if (counted) {
      found.set(block.index, counted);
      continue;
    }
    const bytes = position[end]! - position[block.first]!;
    if (bytes <= twofold) found.set(block.index, { kind: "unrolled", block, end, turns: bytes <= fourfold ? 4 : 2 });
  }
  return found;
}

/** Labels that lead out of the loop would need to be counted anew in its copies: those of catch clauses can. */
function leadsOut({ opcode }: Operators, block: Block): boolean {
  for (let i = block.first; i <= block.last; i++) {
    const kind = opcodes.kind[opcode[i]!];
    if (kind === Kind.try || kind === Kind.tryTable || kind === Kind.delegate) return true;
  }
  return false;
}

const comparisons = ["ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"] as const;
const mirrored = {
  ne: "ne",
  lt_s: "gt_s",
  lt_u: "gt_u",
  gt_s: "lt_s",
  gt_u: "lt_u",
  le_s: "ge_s",
  le_u: "ge_u",
  ge_s: "le_s",
  ge_u: "le_u",
} as const;

function countedLoop(operators: Operators, block: Block, end: number): CountedLoop | null {
  const { opcode, first } = operators;
  /** Where each local is set in a turn; −1: more than once. */
  const sets = new Map<number, number>();
  for (let i = block.first; i <= block.last; i++) {
    if (opcode[i] !== Op.localSet && opcode[i] !== Op.localTee) continue;
    sets.set(first[i]!, sets.has(first[i]!) ? -1 : i);
  }

  /** The value of the expression that ends with operator `at`, and where it begins. */
  const value = (at: number, depth: number): (Value & { readonly start: number }) | null => {
    if (at < block.first || depth > 8) return null;
    switch (opcode[at]) {
      case Op.i32Const:
        return { local: null, offset: first[at]!, start: at };
      case Op.localGet: {
        const local = first[at]!;
        const set = sets.get(local);
        if (set === undefined || set > at) return { local, offset: 0, start: at };
        if (set < 0) return null;
        const assigned = value(set - 1, depth + 1);
        return assigned && { ...assigned, start: at };
      }
      case Op.localTee:
        return value(at - 1, depth + 1);
      case Op.i32Add:
      case Op.i32Sub: {
        const right = value(at - 1, depth + 1);
        const left = right && value(right.start - 1, depth + 1);
        if (!right || !left) return null;
        if (right.local === null)
          return {
            ...left,
            offset: (opcode[at] === Op.i32Add ? left.offset + right.offset : left.offset - right.offset) | 0,
          };
        if (left.local === null && opcode[at] === Op.i32Add)
          return { local: right.local, offset: (left.offset + right.offset) | 0, start: left.start };
        return null;
      }
      default:
        return null;
    }
  };
  const isInvariant = ({ local }: Value) => local === null || !sets.has(local);
  /** By how much a local grows in every turn; 0: not by a constant. */
  const step = (local: number): number => {
    const set = sets.get(local);
    if (set === undefined || set < 0) return 0;
    const assigned = value(set - 1, 0);
    return assigned && assigned.local === local ? assigned.offset : 0;
  };
  const build = (tested: Value, bound: Value, comparison: CountedLoop["comparison"]): CountedLoop | null => {
    if (tested.local === null || !isInvariant(bound)) return null;
    const by = step(tested.local);
    if (by === 0 || by === -0x80000000) return null;
    const rising = comparison.startsWith("l");
    const falling = comparison.startsWith("g");
    if ((rising && by < 0) || (falling && by > 0)) return null;
    return {
      kind: "counted",
      block,
      end,
      first: { local: tested.local, offset: tested.offset },
      step: by,
      comparison,
      bound: { local: bound.local, offset: bound.offset },
    };
  };

  const test = block.last - 1;
  if (test < block.first) return null;
  const comparison = comparisons[opcode[test]! - Op.i32Ne];
  if (comparison === undefined) {
    const tested = value(test, 0);
    return tested && build(tested, { local: null, offset: 0 }, "ne");
  }
  const right = value(test - 1, 0);
  const left = right && value(right.start - 1, 0);
  if (!right || !left) return null;
  return build(left, right, comparison) ?? build(right, left, mirrored[comparison]);
}
