/**
 * Job: turn one function's control flow and placement into a list of edits: what stands in front of which operator.
 * Never: write bytes.
 *
 * Two forms. `local`: the remainder lives in a local, is stored before every call and throw and read again after every
 * call and in every catch. `plain`: every block lowers the global itself; right everywhere, needs no local, twice the
 * code. Checks are the same in both: where the function begins to make calls, at loop headers, before what can reach the
 * host, after bulk operators, before a throw, and at the return of functions that return to the host on their own.
 */
import type { Operators } from "../binary/decode.ts";
import { Kind, opcodes } from "../binary/opcodes.ts";
import { type Block, type ControlFlow, type Edge, EdgeKind } from "./control.ts";
import { isStored, type Placement } from "./placement.ts";

export const EditKind = {
  /** local = global + amount */
  read: 0,
  /** local = local − amount */
  lower: 1,
  /** out of fuel where local − amount <= 0 */
  check: 2,
  /** global = local − amount */
  store: 3,
  /** Replaces a `br_if`: if it is taken, lower by amount. */
  lowerOnBranch: 4,
  /** The missing else-arm of an `if`: lower by amount, or store with the debt `amount`. */
  lowerOnElse: 5,
  storeOnElse: 6,
  /** Keeps the length that is on the stack. */
  measure: 7,
  /** local = local − length kept; the operator has succeeded. */
  lowerByLength: 8,
  /** As above where the result is not −1. */
  lowerByGrowth: 9,
  /** Replaces an operator: its global index moves. */
  moveGlobal: 10,
} as const;
export type EditKind = (typeof EditKind)[keyof typeof EditKind];

/** Order of edits in front of one operator: what belongs after the operator before it comes first. */
const Slot = {
  afterOperator: 0,
  lengthCheck: 1,
  arrival: 2,
  edgeIn: 3,
  headCheck: 4,
  head: 5,
  edgeOut: 6,
  tailCheck: 7,
  store: 8,
  measure: 9,
  implicitElse: 10,
  replace: 11,
} as const;

export interface Edit {
  readonly at: number;
  readonly slot: number;
  readonly kind: EditKind;
  /** A price, a debt or an index, as the kind says. */
  readonly amount: number;
}

/** What of the module a function's plan depends on. */
export interface Surroundings {
  readonly importedFunctions: number;
  /** `call_indirect` and `call_ref` may reach a function that is not this module's. */
  readonly indirectReachesHost: boolean;
  /** From this index on, globals move up by one or more. */
  readonly firstMovedGlobal: number;
}

export interface FunctionPlan {
  readonly form: "local" | "plain";
  readonly edits: readonly Edit[];
  readonly decrements: number;
  readonly checks: number;
}

export function planFunction(
  operators: Operators,
  flow: ControlFlow,
  placement: Placement,
  form: "local" | "plain",
  checkAtReturn: boolean,
  surroundings: Surroundings,
): FunctionPlan {
  const edits: Edit[] = [];
  let decrements = 0;
  let checks = 0;
  const { opcode, first, count } = operators;
  const add = (at: number, slot: number, kind: EditKind, amount: number) => {
    edits.push({ at, slot, kind, amount });
  };
  const lower = (at: number, slot: number, amount: number, kind: EditKind = EditKind.lower) => {
    decrements++;
    add(at, slot, kind, amount);
  };
  const check = (at: number, slot: number, debt: number) => {
    checks++;
    add(at, slot, EditKind.check, debt);
  };
  const local = form === "local";

  /** What leaves the function at operator `at`, and whether the host may be there. */
  const leave = (block: Block, edge: Edge) => {
    const debt = placement.debtOut[block.index]!;
    const at = edge.at;
    const kind = at === count ? Kind.end : opcodes.kind[opcode[at]!];
    let reachesHost = false;
    switch (kind) {
      case Kind.call:
      case Kind.returnCall:
        reachesHost = first[at]! < surroundings.importedFunctions;
        break;
      case Kind.callIndirect:
      case Kind.callRef:
      case Kind.returnCallIndirect:
      case Kind.returnCallRef:
        reachesHost = surroundings.indirectReachesHost;
        break;
      case Kind.throw:
        reachesHost = true;
        break;
      case Kind.end:
      case Kind.return:
        reachesHost = checkAtReturn;
        break;
    }
    if (reachesHost) check(at, Slot.tailCheck, debt);
    if (local) add(at, Slot.store, EditKind.store, debt);
  };

  const callsOut = flow.blocks.some((block) => {
    const kind = block.last < count ? opcodes.kind[opcode[block.last]!]! : Kind.plain;
    return kind >= Kind.call && kind <= Kind.returnCallRef && block.out.some((edge) => edge.kind === EdgeKind.leave);
  });

  for (const block of flow.blocks) {
    const at = block.first;
    const debtIn = placement.debtIn[block.index]!;
    const arrives = block.in.some((edge) => edge.kind === EdgeKind.arrive) || block.readsCounter;
    const headCheck = (block.index === 0 && callsOut) || (block.loop >= 0 && block.in.some((edge) => edge.back));
    let charge = placement.charge[block.index]!;
    if (arrives && local) {
      // A charge at the head is part of the read, unless a check stands between them.
      const joined = headCheck ? 0 : charge;
      if (joined !== 0) decrements++;
      add(at, Slot.arrival, EditKind.read, debtIn - joined);
      charge -= joined;
    }
    if (headCheck) check(at, Slot.headCheck, debtIn);
    if (charge !== 0) lower(at, Slot.head, charge);

    let stored = false;
    for (const edge of block.out) {
      if (isStored(edge)) {
        if (!local) continue;
        const debt = placement.debtOut[block.index]!;
        if (edge.kind === EdgeKind.implicitElse) add(edge.at, Slot.implicitElse, EditKind.storeOnElse, debt);
        else if (!stored) {
          stored = true;
          add(edge.at, Slot.store, EditKind.store, debt);
        }
        continue;
      }
      if (edge.kind === EdgeKind.leave) {
        leave(block, edge);
        continue;
      }
      const amount = placement.edgeCharges.get(edge);
      if (amount === undefined) continue;
      switch (edge.kind) {
        case EdgeKind.fall:
        case EdgeKind.branch:
          lower(edge.at, Slot.edgeOut, amount);
          break;
        case EdgeKind.next:
          lower(edge.at, Slot.edgeIn, amount);
          break;
        case EdgeKind.branchIf:
          lower(edge.at, Slot.replace, amount, EditKind.lowerOnBranch);
          break;
        case EdgeKind.implicitElse:
          lower(edge.at, Slot.implicitElse, amount, EditKind.lowerOnElse);
          break;
        default:
          throw new Error(`no room for a charge on an edge of kind ${edge.kind}`);
      }
    }

    // Operators that need something of their own are always the last of their block.
    const last = block.last;
    if (last < block.first) continue;
    const kind = opcodes.kind[opcode[last]!];
    if (kind === Kind.bulk || kind === Kind.tableGrow || kind === Kind.memoryGrow) {
      add(last, Slot.measure, EditKind.measure, 0);
      lower(last + 1, Slot.afterOperator, 0, kind === Kind.bulk ? EditKind.lowerByLength : EditKind.lowerByGrowth);
      check(last + 1, Slot.lengthCheck, placement.debtOut[block.index]!);
    }
  }

  // The engine numbers dead code too.
  for (let i = 0; i < count; i++) {
    const op = opcode[i]!;
    if ((op === 0x23 || op === 0x24) && first[i]! >= surroundings.firstMovedGlobal)
      add(i, Slot.replace, EditKind.moveGlobal, first[i]!);
  }
  edits.sort((a, b) => a.at - b.at || a.slot - b.slot);
  return { form, edits, decrements, checks };
}
