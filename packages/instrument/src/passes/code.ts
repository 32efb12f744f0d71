/**
 * Job: meter the code section: for each function decode → control flow → placement → plan → bytes, and append the copies
 * that callers pay for.
 * Never: decide placement or write edits itself.
 *
 * A function whose callers pay for it is left as it is. Where something else can call it too (the host, the start
 * section, a table) its own index gets a metered body, and its callers call an untouched copy at the end: no index moves.
 */
import { type CallFacts, callFacts } from "../analyze/calls.ts";
import { type CallMeaning, type ControlFlow, controlFlow } from "../analyze/control.ts";
import { estimateFrequencies } from "../analyze/frequency.ts";
import { specialLoops } from "../analyze/loops.ts";
import { placeOnSpanningTree, placePerBlock } from "../analyze/placement.ts";
import {
  type FunctionPlan,
  type FunctionRole,
  movedIndices,
  planFunction,
  type Surroundings,
} from "../analyze/plan.ts";
import { indirectReachesHost, referencesCross } from "../analyze/reach.ts";
import { type Admitted, decode, Operators } from "../binary/decode.ts";
import { readLocals } from "../binary/locals.ts";
import { ExternalKind, type Module } from "../binary/module.ts";
import { Op } from "../binary/opcodes.ts";
import type { FunctionType } from "../binary/types.ts";
import { Writer } from "../binary/writer.ts";
import { InstrumentError } from "../errors.ts";
import { type CounterLayout, maximumBodySize, maximumLocals, scratchLocals, writeFunction } from "./fuel.ts";
import { emptyBody, InliningShare } from "./padding.ts";

export const maximumFunctions = 1_000_000;
/** More would be passed in memory, and engines allow 1,000. */
const maximumThreadedParams = 12;
/** The fuel and the scratch locals of any plan. */
const roomForScratch = 5;

export interface CodeOptions {
  readonly admitted: Admitted;
  readonly layout: CounterLayout;
  /** The counter is exported: no host looks at it, so functions check it where they return to the host. */
  readonly checkAtReturn: boolean;
  /** How many globals are imported in front of the module's own. */
  readonly globalShift: number;
  /** Adds a type [] → results of `type`; gives its index. */
  readonly addType: (type: FunctionType) => number;
  /** Adds a type like `type` with an i64 more at the end of its parameters and of its results; gives its index. */
  readonly addThreadedType: (type: FunctionType) => number;
  /** The index of a type [] → []. */
  readonly emptyType: () => number;
}

export interface MeteredCode {
  /** The bodies, each with its size in front: the code section without its count. */
  readonly bodies: Uint8Array;
  /** The types of all functions defined in the output, the appended ones last. */
  readonly types: readonly number[];
  /** For each threaded function the number of its own parameters: its locals from there on moved up by one. */
  readonly threaded: ReadonlyMap<number, number>;
  readonly functionsAdded: number;
  readonly blocks: number;
  readonly decrements: number;
  readonly checks: number;
}

export function meterCode(module: Module, options: CodeOptions): MeteredCode {
  const { bytes, imported } = module;
  const { admitted, globalShift } = options;
  const operators = new Operators();
  const declarations = module.bodies.map(({ start, end }) => readLocals(bytes, start, end));
  const code = module.bodies.map(({ end }, index) => ({ start: declarations[index]!.end, end }));
  const throughTable = indirectReachesHost(module);
  const facts = callFacts(module, code, throughTable, admitted, operators);
  const returning = options.checkAtReturn ? returnsToHost(module, facts) : () => false;

  // Who pays for itself although its callers would: what can be called from elsewhere.
  const calledFromElsewhere = new Set(facts.addressTaken);
  if (module.start !== null) calledFromElsewhere.add(module.start - imported.functions);
  const copies: number[] = [];
  const copyOf = new Map<number, number>();
  for (const index of [...calledFromElsewhere].sort((a, b) => a - b)) {
    if ((facts.price[index] ?? -1) < 0 || module.functions.length + copies.length >= maximumFunctions) continue;
    copyOf.set(index, module.functions.length + copies.length);
    copies.push(index);
  }
  const paid = (functionIndex: number): number | undefined => {
    const index = functionIndex - imported.functions;
    const price = facts.price[index] ?? -1;
    return price < 0 || (calledFromElsewhere.has(index) && !copyOf.has(index)) ? undefined : price;
  };
  const calls: CallMeaning = {
    price: paid,
    quiet: (functionIndex) =>
      functionIndex < 0 ? facts.indirectQuiet : facts.quiet[functionIndex - imported.functions] === 1,
  };
  const threaded = new Map<number, number>();
  const threadedTypes = new Map<number, number>();
  const functionTypes = module.functions.slice(imported.functions);
  for (let index = 0; index < module.bodies.length; index++) {
    const typeIndex = functionTypes[index]!;
    const type = module.types[typeIndex];
    if (type?.kind !== "function" || !isThreadable(index, type, facts, calledFromElsewhere)) continue;
    if (type.params + declarations[index]!.declared + roomForScratch > maximumLocals) continue;
    threaded.set(imported.functions + index, type.params);
    let withFuel = threadedTypes.get(typeIndex);
    if (withFuel === undefined) {
      withFuel = options.addThreadedType(type);
      threadedTypes.set(typeIndex, withFuel);
    }
    functionTypes[index] = withFuel;
  }
  const surroundings: Surroundings = {
    isThreaded: (functionIndex) => threaded.has(functionIndex),
    importedFunctions: imported.functions,
    indirectReachesHost: throughTable,
    bound: (functionIndex) => (facts.bounded[functionIndex - imported.functions] === 1 ? 1000 : undefined),
    movedGlobal: (index) => (index >= imported.globals ? index + globalShift : index),
    movedCallee: (functionIndex) => copyOf.get(functionIndex - imported.functions) ?? functionIndex,
  };

  const resultBlockTypes = new Map<number, Uint8Array>();
  const size = module.bodies.reduce((sum, { start, end }) => sum + end - start, 0);
  const out = new Writer(Math.ceil(size * 1.4) + 1024);
  const share = new InliningShare();
  const body = new Writer(4096);
  const counts = { blocks: 0, decrements: 0, checks: 0 };

  const write = (index: number, metered: boolean) => {
    const { start, end } = module.bodies[index]!;
    const typeIndex = module.functions[imported.functions + index]!;
    const type = module.types[typeIndex];
    if (type?.kind !== "function")
      throw new InstrumentError("malformed", `type ${typeIndex} is no function type`, start);
    const locals = declarations[index]!;
    decode(bytes, locals.end, end, admitted, operators);
    const flow = controlFlow(operators, module.types, type.results, calls);
    const wideLength = (at: number): boolean => hasWideLength(module, operators, at);
    const total = type.params + locals.declared;
    const role: FunctionRole = {
      forms: ["local", "global"],
      checkAtReturn: returning(index),
      threaded: metered && threaded.has(imported.functions + index),
    };
    const plan = metered
      ? planMetered(operators, flow, role, total, wideLength, surroundings)
      : planUntouched(operators, surroundings);
    counts.blocks += flow.blocks.length;
    counts.decrements += plan.decrements;
    counts.checks += plan.checks;
    body.length = 0;
    writeFunction(
      {
        bytes,
        operators,
        flow,
        plan,
        locals: { ...locals, params: type.params, total },
        threaded: role.threaded,
        wideLength,
        resultBlockType: () => {
          let written = resultBlockTypes.get(typeIndex);
          if (!written) {
            written = resultBlockType(bytes, type, options.addType);
            resultBlockTypes.set(typeIndex, written);
          }
          return written;
        },
      },
      options.layout,
      body,
    );
    if (body.length > maximumBodySize && body.length > end - start)
      throw new InstrumentError(
        "limit",
        `metered, function ${imported.functions + index} is ${body.length} bytes long; engines allow ${maximumBodySize}`,
        start,
      );
    share.count(body.length);
    out.unsigned(body.length);
    out.range(body.written, 0, body.length);
  };

  for (let index = 0; index < module.bodies.length; index++)
    write(index, facts.price[index]! < 0 || calledFromElsewhere.has(index));
  for (const index of copies) write(index, false);
  for (const index of copies) functionTypes.push(module.functions[imported.functions + index]!);

  const padding = share.missing(maximumFunctions - module.functions.length - copies.length);
  if (padding > 0) {
    const type = options.emptyType();
    for (let i = 0; i < padding; i++) {
      functionTypes.push(type);
      out.unsigned(emptyBody.length);
      out.bytes(emptyBody);
    }
  }
  return {
    bodies: out.written,
    types: functionTypes,
    threaded,
    functionsAdded: functionTypes.length - module.bodies.length,
    ...counts,
  };
}

function planMetered(
  operators: Operators,
  flow: ControlFlow,
  role: FunctionRole,
  locals: number,
  wideLength: (at: number) => boolean,
  surroundings: Surroundings,
): FunctionPlan {
  estimateFrequencies(flow);
  const loops = specialLoops(operators, flow);
  const forms: FunctionRole["forms"] = role.threaded ? ["local"] : role.forms;
  const planned = planFunction(
    operators,
    flow,
    placeOnSpanningTree(flow, loops),
    loops,
    { ...role, forms },
    surroundings,
  );
  const scratch = scratchLocals({ operators, wideLength }, planned.edits);
  if (locals + 1 + scratch.narrow + scratch.wide <= maximumLocals) return planned;
  return planFunction(operators, flow, placePerBlock(flow), new Map(), { ...role, forms: ["global"] }, surroundings);
}

/**
 * Whether the remainder is handed to a function in a register instead of through the global: what only this module's own
 * direct calls reach, and no tail call (its caller would have to give back what it does not have).
 */
function isThreadable(
  index: number,
  type: FunctionType,
  facts: CallFacts,
  calledFromElsewhere: ReadonlySet<number>,
): boolean {
  return (
    facts.price[index]! < 0 &&
    !calledFromElsewhere.has(index) &&
    facts.tailCalled[index] === 0 &&
    type.results <= 1 &&
    type.params < maximumThreadedParams
  );
}

/** A body that its callers pay for: only what moved is written anew. */
function planUntouched(operators: Operators, surroundings: Surroundings): FunctionPlan {
  return {
    form: "global",
    edits: movedIndices(operators, surroundings),
    loops: new Map(),
    mayWrap: false,
    decrements: 0,
    checks: 0,
  };
}

/** The functions that may return to the host on their own. */
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

function resultBlockType(bytes: Uint8Array, type: FunctionType, addType: (type: FunctionType) => number): Uint8Array {
  if (type.results === 0) return Uint8Array.of(0x40);
  if (type.results === 1) return bytes.subarray(type.resultTypes.start, type.resultTypes.end);
  const out = new Writer(8);
  out.signed(addType(type));
  return out.written;
}

/** Whether the length operand of the operator is 64 bits wide: where every memory or table that it names is. */
function hasWideLength(module: Module, operators: Operators, at: number): boolean {
  const one = operators.first[at]!;
  const other = operators.second[at]!;
  switch (operators.opcode[at]) {
    case Op.memoryGrow:
    case Op.memoryFill:
      return module.memories[one]?.is64 === true;
    case Op.memoryCopy:
      return module.memories[one]?.is64 === true && module.memories[other]?.is64 === true;
    case Op.tableGrow:
    case Op.tableFill:
      return module.tables[one]?.limits.is64 === true;
    case Op.tableCopy:
      return module.tables[one]?.limits.is64 === true && module.tables[other]?.limits.is64 === true;
    default:
      return false;
  }
}
