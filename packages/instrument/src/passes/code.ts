/**
 * Job: meter the code section: for each function decode → control flow → placement → plan → bytes; then the copies that
 * callers pay for, and the padding.
 * Never: decide placement or write edits itself.
 */
import { callFacts } from "../analyze/calls.ts";
import { type CallMeaning, type ControlFlow, controlFlow } from "../analyze/control.ts";
import { estimateFrequencies } from "../analyze/frequency.ts";
import { specialLoops } from "../analyze/loops.ts";
import { placeOnSpanningTree, placePerBlock } from "../analyze/placement.ts";
import {
  type FunctionPlan,
  type FunctionRole,
  planFunction,
  planUntouched,
  type Surroundings,
} from "../analyze/plan.ts";
import { indirectReachesHost } from "../analyze/reach.ts";
import { assignRoles, functionType, maximumFunctions, maximumLocals } from "../analyze/roles.ts";
import { type Admitted, decode, Operators } from "../binary/decode.ts";
import { readLocals } from "../binary/locals.ts";
import type { Module } from "../binary/module.ts";
import { Op } from "../binary/opcodes.ts";
import type { FunctionType } from "../binary/types.ts";
import { Writer } from "../binary/writer.ts";
import { InstrumentError } from "../errors.ts";
import { type CounterLayout, scratchLocals, writeFunction } from "./fuel.ts";
import { emptyBody, InliningShare } from "./padding.ts";
import { writePauseBody } from "./pause.ts";
import type { AddedTypes } from "./types.ts";

/** V8 takes no larger function body. */
const maximumBodySize = 7_654_321;

export interface CodeOptions {
  readonly admitted: Admitted;
  readonly layout: CounterLayout;
  /** The counter is exported: no host looks at it, so functions check it where they return to the host. */
  readonly checkAtReturn: boolean;
  /** How many globals are imported in front of the module's own. */
  readonly globalShift: number;
  /** Takes the types that the bodies need. */
  readonly types: AddedTypes;
}

export interface MeteredCode {
  /** The bodies, each with its size in front: the code section without its count. */
  readonly bodies: Uint8Array;
  /** The types of all functions defined in the output, the appended ones last. */
  readonly types: readonly number[];
  /** For each threaded function the number of its own parameters: its locals from there on moved up by one. */
  readonly threaded: ReadonlyMap<number, number>;
  /** Of which function each appended copy is, by function index; the padding left out. */
  readonly copies: readonly number[];
  readonly functionsAdded: number;
  readonly blocks: number;
  readonly decrements: number;
  readonly checks: number;
}

export function meterCode(module: Module, options: CodeOptions): MeteredCode {
  const { bytes, imported } = module;
  const { admitted } = options;
  const operators = new Operators();
  const declarations = module.bodies.map(({ start, end }) => readLocals(bytes, start, end));
  const code = module.bodies.map(({ end }, index) => ({ start: declarations[index]!.end, end }));
  const throughTable = indirectReachesHost(module);
  const facts = callFacts(module, code, throughTable, admitted, operators);
  const roles = assignRoles(module, facts, (index) => declarations[index]!.declared, options.checkAtReturn);
  const calls: CallMeaning = {
    price: roles.price,
    quiet: (functionIndex) =>
      functionIndex < 0 ? facts.indirectQuiet : facts.quiet[functionIndex - imported.functions] === 1,
  };
  const surroundings: Surroundings = {
    importedFunctions: imported.functions,
    indirectReachesHost: throughTable,
    bound: (functionIndex) => (facts.bounded[functionIndex - imported.functions] === 1 ? 1000 : undefined),
    movedGlobal: (index) => (index >= imported.globals ? index + options.globalShift : index),
    movedCallee: roles.callee,
    isThreaded: (functionIndex) => roles.threaded.has(functionIndex),
  };

  const size = code.reduce((sum, { start, end }) => sum + end - start, 0);
  const out = new Writer(Math.ceil(size * 1.4) + 1024);
  const body = new Writer(4096);
  const share = new InliningShare();
  const resultBlockTypes = new Map<FunctionType, Uint8Array>();
  const counts = { blocks: 0, decrements: 0, checks: 0 };
  const pause = { index: imported.functions + module.bodies.length + roles.copies.length, used: false };

  const write = (index: number, metered: boolean) => {
    const type = functionType(module, imported.functions + index);
    const locals = declarations[index]!;
    const { start, end } = code[index]!;
    decode(bytes, start, end, admitted, operators);
    const flow = controlFlow(operators, module.types, type.results, calls);
    const role: FunctionRole = {
      checkAtReturn: roles.checksAtReturn(index),
      threaded: metered && roles.threaded.has(imported.functions + index),
    };
    const total = type.params + locals.declared;
    const wideLength = (at: number): boolean => hasWideLength(module, operators, at);
    const resultBlockType = () => {
      let written = resultBlockTypes.get(type);
      if (!written) {
        written = blockTypeOf(bytes, type, options.types);
        resultBlockTypes.set(type, written);
      }
      return written;
    };
    for (const plan of metered
      ? metering(operators, flow, role, total, wideLength, surroundings)
      : [planUntouched(operators, surroundings)]) {
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
          resultBlockType,
        },
        options.layout,
        pause,
        body,
      );
      if (body.length > maximumBodySize) continue;
      counts.blocks += flow.blocks.length;
      counts.decrements += plan.decrements;
      counts.checks += plan.checks;
      share.count(body.length);
      out.unsigned(body.length);
      out.range(body.written, 0, body.length);
      return;
    }
    throw new InstrumentError(
      "limit",
      `metered, function ${imported.functions + index} is ${body.length} bytes long; engines allow ${maximumBodySize}`,
      module.bodies[index]!.start,
    );
  };

  for (let index = 0; index < module.bodies.length; index++) write(index, roles.isMetered(index));
  for (const index of roles.copies) write(index, false);
  const types = module.functions.slice(imported.functions);
  for (const index of roles.copies) types.push(types[index]!);
  for (const functionIndex of roles.threaded.keys()) {
    const type = functionType(module, functionIndex);
    types[functionIndex - imported.functions] = options.types.threaded(module.functions[functionIndex]!, type);
  }

  if (pause.used) {
    body.length = 0;
    writePauseBody(pause.index, options.layout.fuel, body);
    types.push(options.types.empty());
    out.unsigned(body.length);
    out.range(body.written, 0, body.length);
  }

  const padding = share.missing(maximumFunctions - imported.functions - types.length);
  for (let i = 0; i < padding; i++) {
    types.push(options.types.empty());
    out.unsigned(emptyBody.length);
    out.bytes(emptyBody);
  }
  return {
    bodies: out.written,
    types,
    threaded: roles.threaded,
    copies: roles.copies.map((index) => imported.functions + index),
    functionsAdded: types.length - module.bodies.length,
    ...counts,
  };
}

/** Plans for a metered body, the best first; the next is tried where the body would be too large for an engine. */
function* metering(
  operators: Operators,
  flow: ControlFlow,
  role: FunctionRole,
  locals: number,
  wideLength: (at: number) => boolean,
  surroundings: Surroundings,
): Generator<FunctionPlan> {
  estimateFrequencies(flow);
  const loops = specialLoops(operators, flow);
  for (const special of loops.size > 0 ? [loops, new Map()] : [loops]) {
    const placement = placeOnSpanningTree(flow, special);
    const plan = planFunction(operators, flow, placement, special, null, role, surroundings);
    const scratch = scratchLocals({ operators, wideLength }, plan.edits);
    if (locals + 1 + scratch.narrow + scratch.wide > maximumLocals) break;
    yield plan;
  }
  if (!role.threaded) yield planFunction(operators, flow, placePerBlock(flow), new Map(), "global", role, surroundings);
}

function blockTypeOf(bytes: Uint8Array, type: FunctionType, added: AddedTypes): Uint8Array {
  if (type.results === 0) return Uint8Array.of(0x40);
  if (type.results === 1) return bytes.subarray(type.resultTypes.start, type.resultTypes.end);
  const out = new Writer(8);
  out.signed(added.resultsOf(type));
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
