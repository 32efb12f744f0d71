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
  const nodes = 2 * blocks.length + 1;
  const parent = new Int32Array(nodes);
  /** Debt of a node less that of its parent in the union-find forest. */
  const offset = new Float64Array(nodes);
  for (let i = 0; i < nodes; i++) parent[i] = i;

  const find = (node: number): number => {
    let root = node;
    let sum = 0;
    while (parent[root] !== root) {
      sum += offset[root]!;
      root = parent[root]!;
    }
    for (let at = node; parent[at] !== root && at !== root; ) {
      const next = parent[at]!;
      const rest = sum - offset[at]!;
      parent[at] = root;
      offset[at] = sum;
      sum = rest;
      at = next;
    }
    return root;
  };
  const debt = (node: number): number => (find(node) === node ? 0 : offset[node]!);
  const rank = new Uint8Array(nodes);
  /** Makes debt(to) = debt(from) + price; false where the two are tied already. */
  const tie = (from: number, to: number, price: number): boolean => {
    const a = find(from);
    const b = find(to);
    if (a === b) return false;
    // debt(to) = debt(b) + dTo, debt(from) = debt(a) + dFrom.
    const gap = debt(from) + price - debt(to);
    if (rank[a]! < rank[b]!) {
      parent[a] = b;
      offset[a] = -gap;
    } else {
      parent[b] = a;
      offset[b] = gap;
      if (rank[a] === rank[b]) rank[a]!++;
    }
    return true;
  };

  interface Arc {
    readonly from: number;
    readonly to: number;
    readonly price: number;
    readonly weight: number;
    readonly block: Block | null;
    readonly edge: Edge | null;
  }
  const arcs: Arc[] = [];
  for (const block of blocks) {
    const special = loops.get(block.index);
    if (special) {
      // Counted: paid before the loop. Unrolled: all turns but the last are paid inside.
      tie(startOf(block), endOf(block), special.kind === "counted" ? 0 : block.price);
      continue;
    }
    arcs.push({
      from: startOf(block),
      to: endOf(block),
      price: block.price,
      weight: block.frequency,
      block,
      edge: null,
    });
    if (block.readsCounter) tie(0, startOf(block), 0);
  }
  for (const edge of edges) {
    if (edge.back && loops.has(edge.to!.index)) continue;
    const from = edge.from ? endOf(edge.from) : 0;
    const to = edge.to && !isStored(edge) ? startOf(edge.to) : 0;
    switch (edge.kind) {
      case EdgeKind.fixed:
        if (!isStored(edge)) {
          tie(from, to, 0);
          break;
        }
        arcs.push({ from, to, price: 0, weight: edge.frequency, block: null, edge });
        break;
      case EdgeKind.across:
        if (settleAtCalls) tie(0, to, 0);
        tie(from, to, 0);
        break;
      case EdgeKind.branchIf:
      case EdgeKind.implicitElse:
        // Code here costs a branch of its own: a little dearer than its frequency.
        arcs.push({ from, to, price: 0, weight: edge.frequency * 1.5 + 1e-3, block: null, edge });
        break;
      default:
        arcs.push({ from, to, price: 0, weight: edge.frequency, block: null, edge });
    }
  }
  arcs.sort((a, b) => b.weight - a.weight);
  const rest = arcs.filter((arc) => !tie(arc.from, arc.to, arc.price));

  const root = debt(0);
  const debtIn = new Float64Array(blocks.length);
  const debtOut = new Float64Array(blocks.length);
  for (const block of blocks) {
    debtIn[block.index] = debt(startOf(block)) - root;
    debtOut[block.index] = debt(endOf(block)) - root;
  }
  const charge = new Float64Array(blocks.length);
  const edgeCharges = new Map<Edge, number>();
  for (const { block, edge, from, to, price } of rest) {
    const amount = debt(from) + price - debt(to);
    if (amount === 0) continue;
    if (block) charge[block.index] = amount;
    else if (edge?.from && edge.to && !isStored(edge)) edgeCharges.set(edge, amount);
  }
  return { debtIn, debtOut, charge, edgeCharges, leastRun: leastRunFromBoundary(flow) };
}
