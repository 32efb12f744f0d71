/**
 * Job: turn one function's control flow and placement into a list of edits: what stands in front of which operator.
 * Never: write bytes.
 *
 * The remainder has its home in the global. Two forms, the cheaper by estimated frequency:
 * - `local`: it is read into a local at every arrival and stored at every leave; lowering the local is one subtraction.
 * - `global`: the global itself is lowered; nothing is read or stored. Best where calls are as frequent as blocks.
 *
 * Checks are the same in both: at loop headers, before what can reach the host, before a throw, after bulk operators, at
 * the return of functions that return to the host on their own, before the first call on every way through the function,
 * and where a way without loops grows long. A leaf without loops has none: it ends by itself.
 */
import type { Operators } from "../binary/decode.ts";
import { Kind, Op, opcodes } from "../binary/opcodes.ts";
import { type Block, type ControlFlow, EdgeKind } from "./control.ts";
import { type Edit, EditKind, lowers, Slot, withoutLocal } from "./edits.ts";
import type { SpecialLoop } from "./loops.ts";
import { isStored, type Placement } from "./placement.ts";

/** What of the module a function's plan depends on. */
export interface Surroundings {
  readonly importedFunctions: number;
  /** `call_indirect` and `call_ref` may reach a function that is not this module's. */
  readonly indirectReachesHost: boolean;
  /** The most that a call to this function can cost without a check of its own; undefined: not known. */
  readonly bound: (functionIndex: number) => number | undefined;
  /** Where a global or function is found in the output. */
  readonly movedGlobal: (index: number) => number;
  readonly movedCallee: (functionIndex: number) => number;
  /** The function takes the remainder as its last parameter and gives it back as its last result. */
  readonly isThreaded: (functionIndex: number) => boolean;
}

export interface FunctionRole {
  readonly checkAtReturn: boolean;
  readonly threaded: boolean;
}

export interface FunctionPlan {
  readonly form: "local" | "global";
  readonly edits: readonly Edit[];
  /** Of the `loop` edits, by the index of their `loop` operator. */
  readonly loops: ReadonlyMap<number, SpecialLoop>;
  /** Somewhere the counter may owe more than was run: near a budget of 2^63 it must not be compared as it is. */
  readonly mayWrap: boolean;
  readonly decrements: number;
  readonly checks: number;
}

/** A way without a check is cut where it has cost this much; a call without a known bound counts as `callAllowance`. */
const longestUnchecked = 20_000;
const callAllowance = 1000;

/** What edits cost, in units of one subtraction: a global is a load or a store through a pointer. */
const price = { read: 2, store: 1.5, adjust: 0.5, lowerLocal: 1, lowerGlobal: 5, checkGlobal: 1 } as const;

export function planFunction(
  operators: Operators,
  flow: ControlFlow,
  placement: Placement,
  special: ReadonlyMap<number, SpecialLoop>,
  /** Null: the cheaper one. */
  demandedForm: "global" | null,
  self: FunctionRole,
  surroundings: Surroundings,
): FunctionPlan {
  const { opcode, first, count } = operators;
  const { blocks } = flow;
  const edits: Edit[] = [];
  let checks = 0;
  let decrements = 0;
  const loops = new Map<number, SpecialLoop>();
  let localCost = 0;
  let globalCost = 0;
  const add = (at: number, slot: number, kind: EditKind, amount: number) => {
    edits.push({ at, slot, kind, amount });
  };
  const lower = (at: number, slot: number, amount: number, frequency: number, kind: EditKind = EditKind.lower) => {
    localCost += price.lowerLocal * frequency;
    globalCost += price.lowerGlobal * frequency;
    add(at, slot, kind, amount);
  };
  let mayWrap = false;
  const check = (at: number, slot: number, debt: number, leastRun: number, frequency: number) => {
    checks++;
    if (debt > leastRun) mayWrap = true;
    globalCost += price.checkGlobal * frequency;
    add(at, slot, EditKind.check, debt);
  };
  const read = (at: number, amount: number, frequency: number) => {
    if (at === 0 && self.threaded) {
      if (amount !== 0) lower(at, Slot.arrival, -amount, frequency);
      return;
    }
    if (at > 0 && opcode[at - 1] === Op.call && surroundings.isThreaded(first[at - 1]!)) {
      localCost += amount === 0 ? 0 : price.adjust * frequency;
      globalCost += price.store * frequency;
      add(at, Slot.arrival, EditKind.receive, amount);
      return;
    }
    localCost += (amount === 0 ? price.read : price.read + price.adjust) * frequency;
    if (amount !== 0) globalCost += price.lowerGlobal * frequency;
    add(at, Slot.arrival, EditKind.read, amount);
  };
  const store = (at: number, slot: number, amount: number, frequency: number, kind: EditKind = EditKind.store) => {
    localCost += (amount === 0 ? price.store : price.store + price.adjust) * frequency;
    if (amount !== 0) globalCost += price.lowerGlobal * frequency;
    add(at, slot, kind, amount);
  };
  let catches = false;

  /** Per block: what was run since the last check on some way to its end, and whether some way has had no check yet. */
  const unchecked = new Float64Array(blocks.length);
  const fresh = new Uint8Array(blocks.length);

  const kindAt = (at: number): number => (at < count ? opcodes.kind[opcode[at]!]! : Kind.end);
  const isCall = (kind: number) => kind >= Kind.call && kind <= Kind.returnCallRef;

  /** Puts the check in front of a call or another way out, if one is needed there. */
  const tail = (block: Block, at: number) => {
    const kind = kindAt(at);
    const b = block.index;
    const direct = kind === Kind.call || kind === Kind.returnCall;
    let reachesHost = false;
    // A tail call may go to the copy of a function that its callers pay for, which checks nothing when it returns.
    if (direct)
      reachesHost = first[at]! < surroundings.importedFunctions || (kind === Kind.returnCall && self.checkAtReturn);
    else if (isCall(kind)) reachesHost = surroundings.indirectReachesHost;
    else if (kind === Kind.throw) reachesHost = true;
    else if (kind === Kind.end || kind === Kind.return) reachesHost = self.checkAtReturn;
    const bound = direct ? surroundings.bound(first[at]!) : undefined;
    const needed = reachesHost || (isCall(kind) && bound === undefined && fresh[b] === 1);
    if (needed) {
      check(at, Slot.tailCheck, placement.debtOut[b]!, placement.leastRun[b]! + block.price, block.frequency);
      unchecked[b] = 0;
      fresh[b] = 0;
    }
    if (isCall(kind)) unchecked[b]! += bound ?? callAllowance;
  };

  for (const block of blocks) {
    const b = block.index;
    const at = block.first;
    const { frequency } = block;
    const debtIn = placement.debtIn[b]!;
    let arrives = block.readsCounter;
    let debtRead = block.readsCounter ? debtIn : 0;
    for (const edge of block.in) {
      if (edge.kind === EdgeKind.arrive) {
        arrives = true;
        debtRead = debtIn;
      } else if (edge.kind === EdgeKind.across) arrives = true;
      if (edge.from && !edge.back) {
        unchecked[b] = Math.max(unchecked[b]!, unchecked[edge.from.index]!);
        fresh[b]! |= fresh[edge.from.index]!;
      }
    }
    if (b === 0) fresh[0] = 1;
    if (block.readsCounter) catches = true;

    const headCheck =
      (block.loop >= 0 && block.in.some((edge) => edge.back)) || unchecked[b]! + block.price > longestUnchecked;
    const loop = special.get(b);
    if (loop) {
      loops.set(block.loop, loop);
      // Counted: paid ahead, and turn by turn in the slow copy. Unrolled: once for all turns, and on each way out early.
      checks += loop.kind === "counted" ? 2 : 1;
      decrements += loop.kind === "counted" ? 2 : loop.turns;
      localCost += (loop.kind === "counted" ? 0 : 2 / loop.turns) * frequency;
      globalCost += (loop.kind === "counted" ? 0 : 5 / loop.turns) * frequency;
      if (debtIn > placement.leastRun[b]!) mayWrap = true;
      add(block.loop, Slot.replace, EditKind.loop, debtIn);
      unchecked[b] = 0;
      fresh[b] = 0;
      for (const edge of block.out) {
        const amount = placement.edgeCharges.get(edge);
        if (amount !== undefined) lower(edge.at, Slot.edgeIn, amount, edge.frequency);
      }
      continue;
    }
    let charge = placement.charge[b]!;
    if (arrives) {
      // A charge at the head is part of the read, unless a check stands between them.
      const joined = headCheck ? 0 : charge;
      read(at, debtRead - joined, frequency);
      charge -= joined;
    }
    if (headCheck) {
      check(at, Slot.headCheck, debtIn, placement.leastRun[b]!, frequency);
      unchecked[b] = 0;
      fresh[b] = 0;
    }
    if (charge !== 0) lower(at, Slot.head, charge, frequency);
    unchecked[b]! += block.price;

    let stored = false;
    for (const edge of block.out) {
      const debt = placement.debtOut[b]!;
      if (isStored(edge)) {
        if (edge.kind === EdgeKind.implicitElse)
          store(edge.at, Slot.implicitElse, debt, edge.frequency, EditKind.storeOnElse);
        else if (!stored) {
          stored = true;
          store(edge.at, Slot.store, debt, frequency);
        }
        continue;
      }
      if (edge.kind === EdgeKind.leave || edge.kind === EdgeKind.across) {
        tail(block, edge.at);
        const left = edge.kind === EdgeKind.leave ? debt : 0;
        const kind = kindAt(edge.at);
        if (
          (kind === Kind.call && surroundings.isThreaded(first[edge.at]!)) ||
          (self.threaded && (kind === Kind.return || kind === Kind.end))
        ) {
          localCost += left === 0 ? 0 : price.adjust * frequency;
          globalCost += price.read * frequency;
          add(edge.at, Slot.store, EditKind.pass, left);
        } else store(edge.at, Slot.store, left, frequency);
        continue;
      }
      const amount = placement.edgeCharges.get(edge);
      if (amount === undefined) continue;
      switch (edge.kind) {
        case EdgeKind.fall:
        case EdgeKind.branch:
          lower(edge.at, Slot.edgeOut, amount, edge.frequency);
          break;
        case EdgeKind.next:
          lower(edge.at, Slot.edgeIn, amount, edge.frequency);
          break;
        case EdgeKind.branchIf:
          lower(edge.at, Slot.replace, amount, edge.frequency, EditKind.lowerOnBranch);
          break;
        case EdgeKind.implicitElse:
          lower(edge.at, Slot.implicitElse, amount, edge.frequency, EditKind.lowerOnElse);
          break;
        default:
          throw new Error(`no room for a charge on an edge of kind ${edge.kind}`);
      }
    }
    if (block.resume) {
      unchecked[block.resume.index] = unchecked[b]!;
      fresh[block.resume.index] = fresh[b]!;
    }

    // Operators that need something of their own are always the last of their block.
    const last = block.last;
    if (last < block.first) continue;
    const kind = opcodes.kind[opcode[last]!];
    if (kind === Kind.bulk || kind === Kind.tableGrow || kind === Kind.memoryGrow) {
      add(last, Slot.measure, EditKind.measure, 0);
      const lowering = kind === Kind.bulk ? EditKind.lowerByLength : EditKind.lowerByGrowth;
      lower(last + 1, Slot.afterOperator, 0, frequency, lowering);
      check(last + 1, Slot.lengthCheck, placement.debtOut[b]!, placement.leastRun[b]! + block.price, frequency);
      unchecked[b] = 0;
      fresh[b] = 0;
    }
  }

  // A store in front of a conditional branch happens on both ways: only a local can keep the remainder apart from it.
  const mustBeLocal = self.threaded || catches || !isTellingOnTraps(flow, placement);
  const form = demandedForm ?? (!mustBeLocal && globalCost < localCost ? "global" : "local");
  const chosen = form === "global" ? edits.flatMap(withoutLocal) : edits;

  for (const edit of movedIndices(operators, surroundings)) chosen.push(edit);
  for (const edit of deadCalls(operators, flow, self, surroundings)) chosen.push(edit);
  chosen.sort((a, b) => a.at - b.at || a.slot - b.slot);
  return { form, edits: chosen, loops, mayWrap, decrements: decrements + chosen.filter(lowers).length, checks };
}

/**
 * Whether the counter could stay in its global: a trap leaves it there as it is, and the host takes 0 or less for out of
 * fuel. So it must neither be paid ahead by more than the block that runs, nor go above the budget and wrap around.
 */
function isTellingOnTraps({ blocks }: ControlFlow, { debtIn, debtOut, leastRun }: Placement): boolean {
  return blocks.every(({ index, price: cost }) => {
    const before = debtIn[index]!;
    const after = debtOut[index]!;
    const run = leastRun[index]!;
    return before >= -cost && after >= 0 && before <= run && after <= run + cost;
  });
}

/** The operators whose index moves, in dead code too. */
function movedIndices({ count, opcode, first }: Operators, surroundings: Surroundings): Edit[] {
  const edits: Edit[] = [];
  for (let i = 0; i < count; i++) {
    const op = opcode[i]!;
    let moved = first[i]!;
    if (op === Op.globalGet || op === Op.globalSet) moved = surroundings.movedGlobal(moved);
    else if (op === Op.call || op === Op.returnCall) moved = surroundings.movedCallee(moved);
    if (moved !== first[i]) edits.push({ at: i, slot: Slot.replace, kind: EditKind.moveIndex, amount: moved });
  }
  return edits;
}

/** A body that its callers pay for: only what moved is written anew. */
export function planUntouched(operators: Operators, surroundings: Surroundings): FunctionPlan {
  const edits = movedIndices(operators, surroundings);
  return { form: "global", edits, loops: new Map(), mayWrap: false, decrements: 0, checks: 0 };
}

/** Dead code is still typed: calls to threaded functions and returns from them need their operand. */
function deadCalls(
  { count, opcode, first }: Operators,
  { live, blocks }: ControlFlow,
  self: FunctionRole,
  { isThreaded }: Surroundings,
): Edit[] {
  const edits: Edit[] = [];
  for (let i = 0; i < count; i++) {
    if (live[i] === 1) continue;
    const op = opcode[i]!;
    if (op === Op.call && isThreaded(first[i]!)) {
      edits.push({ at: i, slot: Slot.store, kind: EditKind.passNothing, amount: 0 });
      edits.push({ at: i + 1, slot: Slot.afterOperator, kind: EditKind.receiveNothing, amount: 0 });
    } else if (op === Op.return && self.threaded)
      edits.push({ at: i, slot: Slot.store, kind: EditKind.passNothing, amount: 0 });
  }
  if (self.threaded && !blocks.some(({ out }) => out.some(({ at }) => at === count)))
    edits.push({ at: count, slot: Slot.store, kind: EditKind.passNothing, amount: 0 });
  return edits;
}
