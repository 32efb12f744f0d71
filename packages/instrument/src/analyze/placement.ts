/**
 * Job: choose where a function's counter is lowered, and by how much, so that few lowerings run.
 * Never: write bytes; know about checks.
 *
 * Before: every block lowers the counter by its price.
 * After: every block's price and every edge is an arc of one graph; the arcs of a maximum spanning tree (by estimated
 * frequency) carry nothing, the others carry the sum around the cycle that they close (Knuth 1973; Ball and Larus,
 * "Optimally Profiling and Tracing Programs", 1994). Lowerings fall by half.
 *
 * Each end of a block gets a *debt*: what was run and not yet taken from the local counter. At the boundary (calls,
 * returns, throws) it is 0 by definition: the store into the global subtracts it, the read adds it. A negative debt is
 * paid ahead. So at every point: exact remainder = local − debt.
 *
 * Ways without room for code (`br_table`, `br_on_*`, a `br_if` that moves values) must carry nothing: they are merged
 * first, which never conflicts because they cost nothing themselves.
 */
import { type Block, type ControlFlow, type Edge, EdgeKind } from "./control.ts";
import { DebtForest } from "./forest.ts";
import type { SpecialLoop } from "./loops.ts";

export interface Charge {
  readonly block: Block | null;
  readonly edge: Edge | null;
  readonly amount: number;
}

export interface Placement {
  /** By block index. */
  readonly debtIn: Float64Array;
  readonly debtOut: Float64Array;
  /** What a block lowers the counter by where it begins; 0: nothing. */
  readonly charge: Float64Array;
  /** What edges between blocks lower it by. The edges of the boundary carry debts instead. */
  readonly edgeCharges: ReadonlyMap<Edge, number>;
  /**
   * By block index: the least that was run between the boundary and where the block begins. A counter that owes no more
   * than this is not above the budget, and can be compared with its debt without wrapping around.
   */
  readonly leastRun: Float64Array;
}

/** Whether the counter is in the global on this edge although it stays inside the function (SPEC: caught exceptions). */
export const isStored = (edge: Edge): boolean => edge.from !== null && edge.to?.readsCounter === true;

/** Every block pays for itself where it begins, and nobody owes anything: the plain form. */
export function placePerBlock(flow: ControlFlow): Placement {
  const size = flow.blocks.length;
  const charge = new Float64Array(size);
  for (const block of flow.blocks) charge[block.index] = block.price;
  // The price is taken at the head, so inside the block it is paid ahead; both ends owe nothing.
  return {
    debtIn: new Float64Array(size),
    debtOut: new Float64Array(size),
    charge,
    edgeCharges: new Map(),
    leastRun: new Float64Array(size),
  };
}

/** Arcs: node numbers are 0 for the boundary, 2b + 1 for the start and 2b + 2 for the end of block b. */
const startOf = (block: Block) => 2 * block.index + 1;
const endOf = (block: Block) => 2 * block.index + 2;

/** What a function may owe across a quiet call: bounds how late a check behind the call can be. */
const largestDebt = 1000;

export function placeOnSpanningTree(flow: ControlFlow, loops: ReadonlyMap<number, SpecialLoop>): Placement {
  const placement = place(flow, loops, false);
  // Paid ahead across a call, a trap in the callee could be reported as out of fuel long before its time; owing more
  // than was run, the callee's counter could be above the budget.
  const inBounds = flow.edges.every(({ kind, from }) => {
    if (kind !== EdgeKind.across) return true;
    const owed = placement.debtOut[from!.index]!;
    return owed >= 0 && owed <= Math.min(largestDebt, placement.leastRun[from!.index]! + from!.price);
  });
  return inBounds ? placement : place(flow, loops, true);
}

/** See {@link Placement.leastRun}. */
function leastRunFromBoundary({ blocks }: ControlFlow): Float64Array {
  const least = new Float64Array(blocks.length);
  for (const block of blocks) {
    let found = Number.POSITIVE_INFINITY;
    if (block.readsCounter) found = 0;
    for (const { from, back } of block.in) {
      if (from === null) found = 0;
      else if (!back) found = Math.min(found, least[from.index]! + from.price);
    }
    least[block.index] = found;
  }
  return least;
}

function place(flow: ControlFlow, loops: ReadonlyMap<number, SpecialLoop>, settleAtCalls: boolean): Placement {
  const { blocks, edges } = flow;
  const forest = new DebtForest(2 * blocks.length + 1);
  /** The arcs that may carry a charge: blocks by their index, edges by the number of blocks plus theirs. */
  const arcs: number[] = [];
  const weight = new Float64Array(blocks.length + edges.length);
  const offer = (arc: number, frequency: number) => {
    weight[arc] = frequency;
    arcs.push(arc);
  };
  const fromOf = (edge: Edge) => (edge.from ? endOf(edge.from) : 0);
  const toOf = (edge: Edge) => (edge.to && !isStored(edge) ? startOf(edge.to) : 0);

  for (const block of blocks) {
    const special = loops.get(block.index);
    // Counted: paid before the loop. Unrolled: all turns but the last are paid inside.
    if (special) forest.tie(startOf(block), endOf(block), special.kind === "counted" ? 0 : block.price);
    else offer(block.index, block.frequency);
    if (block.readsCounter) forest.tie(0, startOf(block), 0);
  }
  edges.forEach((edge, index) => {
    const arc = blocks.length + index;
    if (edge.back && loops.has(edge.to!.index)) return;
    switch (edge.kind) {
      case EdgeKind.fixed:
        if (isStored(edge)) offer(arc, edge.frequency);
        else forest.tie(fromOf(edge), toOf(edge), 0);
        return;
      case EdgeKind.across:
        if (settleAtCalls) forest.tie(0, toOf(edge), 0);
        forest.tie(fromOf(edge), toOf(edge), 0);
        return;
      case EdgeKind.branchIf:
      case EdgeKind.implicitElse:
        // Code here costs a branch of its own: a little dearer than its frequency.
        offer(arc, edge.frequency * 1.5 + 1e-3);
        return;
      default:
        offer(arc, edge.frequency);
    }
  });

  const charged: number[] = [];
  for (const arc of heaviestFirst(arcs, weight)) {
    const block = blocks[arc];
    const edge = edges[arc - blocks.length];
    const tied = block
      ? forest.tie(startOf(block), endOf(block), block.price)
      : forest.tie(fromOf(edge!), toOf(edge!), 0);
    if (!tied) charged.push(arc);
  }

  const boundary = forest.debt(0);
  const debtIn = new Float64Array(blocks.length);
  const debtOut = new Float64Array(blocks.length);
  for (const block of blocks) {
    debtIn[block.index] = forest.debt(startOf(block)) - boundary;
    debtOut[block.index] = forest.debt(endOf(block)) - boundary;
  }
  const charge = new Float64Array(blocks.length);
  const edgeCharges = new Map<Edge, number>();
  for (const arc of charged) {
    const block = blocks[arc];
    if (block) {
      charge[arc] = debtIn[arc]! + block.price - debtOut[arc]!;
      continue;
    }
    const edge = edges[arc - blocks.length]!;
    // The edges of the boundary carry the debt itself.
    if (!edge.from || !edge.to || isStored(edge)) continue;
    const amount = debtOut[edge.from.index]! - debtIn[edge.to.index]!;
    if (amount !== 0) edgeCharges.set(edge, amount);
  }
  return { debtIn, debtOut, charge, edgeCharges, leastRun: leastRunFromBoundary(flow) };
}

/** The high word of a double in a pair of 32-bit words: 1 on little-endian machines. */
const high = new Uint32Array(new Float64Array([-0]).buffer)[1] === 0 ? 0 : 1;

/**
 * Arcs by falling weight, equal ones by rising index. The order of positive doubles is that of their bits, so the first
 * 28 of those and the index make one number that the engine sorts by itself, five times faster than with a comparison.
 */
function heaviestFirst(arcs: readonly number[], weight: Float64Array): Uint32Array {
  const words = new Uint32Array(weight.buffer);
  const keys = new Float64Array(arcs.length);
  const indices = 2 ** 24;
  for (let i = 0; i < arcs.length; i++) {
    const arc = arcs[i]!;
    keys[i] = (0xfffffff - (words[2 * arc + high]! >>> 3)) * indices + arc;
  }
  keys.sort();
  const sorted = new Uint32Array(arcs.length);
  for (let i = 0; i < keys.length; i++) sorted[i] = keys[i]! % indices;
  return sorted;
}
