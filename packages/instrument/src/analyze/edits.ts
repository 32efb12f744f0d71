/**
 * Job: say what an edit of a function is: which kinds there are, and their order in front of one operator.
 * Never: decide where edits go (plan.ts), or write them (passes/fuel.ts).
 */

export const EditKind = {
  /** local = global + amount */
  read: 0,
  /** counter = counter − amount */
  lower: 1,
  /** out of fuel where counter − amount <= 0 */
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
  /** counter = counter − length kept; the operator has succeeded. */
  lowerByLength: 8,
  /** As above where the result is not −1. */
  lowerByGrowth: 9,
  /** Replaces an operator: its index moves to `amount`. */
  moveIndex: 10,
  /** Replaces a whole loop (loops.ts); `amount` is the debt at its head. */
  loop: 11,
  /** Pushes counter − amount: for a threaded callee, or as the last result of a threaded function. */
  pass: 12,
  /** counter = what a threaded callee gave back + amount */
  receive: 13,
  /** The same in dead code, where only the types matter. */
  passNothing: 14,
  receiveNothing: 15,
} as const;
export type EditKind = (typeof EditKind)[keyof typeof EditKind];

/** Order of edits in front of one operator: what belongs after the operator before it comes first. */
export const Slot = {
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

/** Whether the edit lowers the counter, as reports count. */
export const lowers = ({ kind, amount }: Edit): boolean =>
  kind === EditKind.lower ||
  kind === EditKind.lowerByLength ||
  kind === EditKind.lowerByGrowth ||
  kind === EditKind.lowerOnBranch ||
  kind === EditKind.lowerOnElse ||
  ((kind === EditKind.read || kind === EditKind.store || kind === EditKind.pass || kind === EditKind.receive) &&
    amount !== 0);

/** The same edit where the counter stays in the global: reads and stores are only what they add or subtract. */
export function withoutLocal(edit: Edit): Edit[] {
  const { kind, amount } = edit;
  switch (kind) {
    case EditKind.read:
      return amount === 0 ? [] : [{ ...edit, kind: EditKind.lower, amount: -amount }];
    case EditKind.store:
      return amount === 0 ? [] : [{ ...edit, kind: EditKind.lower }];
    case EditKind.storeOnElse:
      return amount === 0 ? [] : [{ ...edit, kind: EditKind.lowerOnElse }];
    default:
      return [edit];
  }
}
