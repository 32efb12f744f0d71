/**
 * Job: give every function its part: paid by its callers, called through a copy, handed the remainder in a register, or
 * checking the counter when it returns.
 * Never: look into bodies (calls.ts did).
 *
 * - *Paid*: left as it is. Where something else can call it too (the host, the start section, a table), its own index
 *   gets a metered body, and its callers call an untouched copy at the end: no index moves.
 * - *Threaded*: only direct calls of this module reach it, so its type can change: the remainder comes as one more
 *   parameter and goes back as one more result, and neither is stored for the call. Not where tail calls are involved:
 *   their caller would have to give back what it does not have.
 */
import { ExternalKind, type Module } from "../binary/module.ts";
import type { FunctionType } from "../binary/types.ts";
import type { CallFacts } from "./calls.ts";
import { referencesCross } from "./reach.ts";

/** V8 takes no more functions than this. */
export const maximumFunctions = 1_000_000;
/** V8 takes no more locals than this, parameters included. */
export const maximumLocals = 50_000;
/** More parameters would be passed in memory, and engines allow 1,000. */
const maximumThreadedParams = 12;
/** The fuel and the scratch locals of any plan. */
const roomForScratch = 5;

/** Parts by function index, imported functions counted, unless said otherwise. */
export interface Roles {
  /** What a call costs besides its own unit, where the caller pays for the callee. */
  readonly price: (functionIndex: number) => number | undefined;
  /** Whether the body at this index, of the defined functions, is metered. */
  readonly isMetered: (index: number) => boolean;
  /** Defined functions that get an untouched copy, in the order of the copies. */
  readonly copies: readonly number[];
  /** What a direct call of a function calls in the output. */
  readonly callee: (functionIndex: number) => number;
  /** Threaded functions and the number of their own parameters. */
  readonly threaded: ReadonlyMap<number, number>;
  /** Whether a defined function may return to the host with nobody there to look at the counter. */
  readonly checksAtReturn: (index: number) => boolean;
}

export function assignRoles(
  module: Module,
  facts: CallFacts,
  declaredLocals: (index: number) => number,
  checkAtReturn: boolean,
): Roles {
  const { imported } = module;
  const calledFromElsewhere = new Set(facts.addressTaken);
  if (module.start !== null) calledFromElsewhere.add(module.start - imported.functions);

  const wanted = [...calledFromElsewhere]
    .filter((index) => facts.price[index]! >= 0 && facts.called[index] === 1)
    .sort((a, b) => a - b);
  // Prices count on each other: without room for all copies nobody is paid.
  const isRoom = module.functions.length + wanted.length <= maximumFunctions;
  const isPaid = (index: number) => isRoom && (facts.price[index] ?? -1) >= 0;
  const copies = isRoom ? wanted : [];
  const copyOf = new Map(copies.map((index, i) => [index + imported.functions, module.functions.length + i]));

  const threaded = new Map<number, number>();
  module.bodies.forEach((_, index) => {
    if (isPaid(index) || calledFromElsewhere.has(index) || facts.tailCalled[index] === 1) return;
    const type = functionType(module, imported.functions + index);
    if (type.results > 1 || type.params >= maximumThreadedParams) return;
    if (type.params + declaredLocals(index) + roomForScratch > maximumLocals) return;
    threaded.set(imported.functions + index, type.params);
  });

  return {
    price: (functionIndex) => {
      const index = functionIndex - imported.functions;
      return isPaid(index) ? facts.price[index] : undefined;
    },
    isMetered: (index) => !isPaid(index) || calledFromElsewhere.has(index),
    copies,
    callee: (functionIndex) => copyOf.get(functionIndex) ?? functionIndex,
    threaded,
    checksAtReturn: checkAtReturn ? returnsToHost(module, facts) : () => false,
  };
}

/** The engine checked that it is one. */
export function functionType(module: Module, functionIndex: number): FunctionType {
  const type = module.types[module.functions[functionIndex]!];
  if (type?.kind !== "function") throw new Error(`function ${functionIndex} has no function type`);
  return type;
}

function returnsToHost(module: Module, facts: CallFacts): (index: number) => boolean {
  // A tail call hands the return on to its callee, which may be anything.
  if (facts.tailCalls) return () => true;
  const { imported } = module;
  const found = new Set<number>();
  for (const entry of module.exports)
    if (entry.kind === ExternalKind.function) found.add(entry.index - imported.functions);
  if (module.start !== null) found.add(module.start - imported.functions);
  const references = referencesCross(module);
  return (index) => found.has(index) || (references && facts.addressTaken.has(index));
}
