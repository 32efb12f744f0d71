/**
 * Job: write the body of one metered function: the operators of the input, byte for byte, with the edits of its plan.
 * Never: decide what to edit.
 *
 * Before:  (func … body)
 * After:   (func … (local $fuel i64)
 *            block $body (result …)        ;; only where a branch targets the function itself
 *              … body, with checks as
 *                (if (i64.le_s (local.get $fuel) (i64.const debt))
 *                  (then (global.set $counter (i64.const 0)) unreachable)) …
 *            end
 *            (global.set $counter (local.get $fuel)))
 *
 * Out of fuel sets the counter to 0 and traps: `unreachable` cannot be caught, and 0 tells the host which trap it was.
 * Rejected: one block around the body that all checks branch out of. It saves 6 bytes a check, and V8 makes worse code
 * where a function has many (coremark 1.19 instead of 1.11, the other kernels within noise).
 */

import type { ControlFlow } from "../analyze/control.ts";
import { type Edit, EditKind } from "../analyze/edits.ts";
import type { FunctionPlan } from "../analyze/plan.ts";
import { maximumLocals } from "../analyze/roles.ts";
import type { Operators } from "../binary/decode.ts";
import { Op } from "../binary/opcodes.ts";
import type { Writer } from "../binary/writer.ts";
import { InstrumentError } from "../errors.ts";
import { CounterWriter } from "./counter.ts";
import { writeCounted, writeUnrolled } from "./loops.ts";
import { pausesAfter } from "./pause.ts";
import { TurnWriter } from "./turns.ts";

/** Where counters stand in the output. */
export interface CounterLayout {
  readonly fuel: number;
  /** The counter of refused growths, and the most pages that a memory may have; null where growths are not told. */
  readonly growth: { readonly refused: number; readonly pages: number } | null;
}

/** The index of the function of pause.ts; `used` is set when a body calls it. */
export interface PauseFunction {
  readonly index: number;
  used: boolean;
}

/** What the writer needs to know of one function besides its plan. */
export interface FunctionInput {
  readonly bytes: Uint8Array;
  readonly operators: Operators;
  readonly flow: ControlFlow;
  readonly plan: FunctionPlan;
  /** The vector of local declarations in the input, and how many locals there are with the parameters. */
  readonly locals: {
    readonly groups: number;
    readonly start: number;
    readonly end: number;
    readonly params: number;
    readonly total: number;
  };
  /** Takes the remainder as a parameter behind its own, which moves its locals up by one. */
  readonly threaded: boolean;
  /** Bytes of the block type that gives the function's results. */
  readonly resultBlockType: () => Uint8Array;
  /** Whether the length operand of a bulk or growing operator is 64 bits wide. */
  readonly wideLength: (operator: number) => boolean;
}

const i32 = 0x7f;
const i64 = 0x7e;
const empty = 0x40;

/** The scratch locals that a plan needs, by type. */
export function scratchLocals(input: Pick<FunctionInput, "operators" | "wideLength">, edits: readonly Edit[]) {
  let narrow = 0;
  let wide = 0;
  for (const { kind, at } of edits) {
    if (kind === EditKind.loop) wide = Math.max(wide, 1);
    if (kind !== EditKind.lowerByLength && kind !== EditKind.lowerByGrowth) continue;
    const need = kind === EditKind.lowerByLength ? 1 : 2;
    if (input.wideLength(at - 1)) wide = Math.max(wide, need);
    else narrow = Math.max(narrow, need);
  }
  return { narrow, wide };
}

export function writeFunction(input: FunctionInput, layout: CounterLayout, pause: PauseFunction, out: Writer): void {
  const { bytes, operators, flow, plan, locals } = input;
  const { position, first, opcode, count } = operators;
  const { threaded } = input;
  const local = plan.form === "local";
  const declared = local && !threaded ? 1 : 0;
  const scratch = scratchLocals(input, plan.edits);
  const added = (local ? 1 : 0) + scratch.narrow + scratch.wide;
  if (locals.total + added > maximumLocals)
    throw new InstrumentError(
      "limit",
      `the function has ${locals.total} locals and metering needs ${added} more; engines allow ${maximumLocals}`,
      locals.start,
    );
  const fuel = threaded ? locals.params : locals.total;
  const narrow = locals.total + (local ? 1 : 0);
  const wide = narrow + scratch.narrow;

  out.unsigned(locals.groups + declared + (scratch.narrow ? 1 : 0) + (scratch.wide ? 1 : 0));
  out.range(bytes, locals.start, locals.end);
  const declare = (amount: number, type: number) => {
    if (amount === 0) return;
    out.unsigned(amount);
    out.byte(type);
  };
  declare(declared, i64);
  declare(scratch.narrow, i32);
  declare(scratch.wide, i64);

  const code = new CounterWriter(out, local ? fuel : null, layout.fuel, plan.mayWrap);

  const { edits } = plan;
  const atEnd = plan.edits.length > 0 && plan.edits.at(-1)!.at === count;
  const wrapped = atEnd && flow.branchesToFunction;
  if (wrapped) {
    out.byte(Op.block);
    out.bytes(input.resultBlockType());
  }

  const movedLocal = (index: number): number => (threaded && index >= locals.params ? index + 1 : index);
  /** Copies operators `from` up to `to` as they are, but for locals that moved. */
  const verbatim = (from: number, to: number) => {
    let copied = position[from]!;
    if (threaded)
      for (let i = from; i < to; i++) {
        const op = opcode[i]!;
        if (op < Op.localGet || op > Op.localTee || first[i]! < locals.params) continue;
        out.range(bytes, copied, position[i]!);
        code.instruction(op, first[i]! + 1);
        copied = position[i + 1]!;
      }
    out.range(bytes, copied, position[to]!);
  };
  /** Copies operators `from` up to `to`, with the edits that fall among them; returns the next edit. */
  const copy = (from: number, to: number, firstEdit: number): number => {
    let next = firstEdit;
    let copied = from;
    for (; next < edits.length && edits[next]!.at < to; next++) {
      const edit = edits[next]!;
      verbatim(copied, edit.at);
      copied = edit.at;
      if (edit.kind === EditKind.loop) {
        copied = plan.loops.get(edit.at)!.end + 1;
        next = writeLoop(edit, next + 1) - 1;
        continue;
      }
      write(edit);
      if (edit.kind === EditKind.lowerOnBranch || edit.kind === EditKind.moveIndex) copied++;
    }
    verbatim(copied, to);
    return next;
  };
  /** Writes a loop that is paid ahead or unrolled, and returns the first edit behind it. */
  const writeLoop = (edit: Edit, firstEdit: number): number => {
    const loop = plan.loops.get(edit.at)!;
    const { block, end } = loop;
    let next = firstEdit;
    const copyTurn = (from: number, to: number) => {
      next = copy(from, to, firstEdit);
    };
    if (loop.kind === "unrolled") writeUnrolled(loop, edit.amount, code, () => copyTurn(block.first, block.last));
    else
      writeCounted(loop, edit.amount, code, new TurnWriter(loop, movedLocal, wide, out), wide, {
        whole: () => copyTurn(edit.at, end + 1),
        turn: () => copyTurn(block.first, end + 1),
      });
    return next;
  };

  const pauseAfter = (at: number): void => {
    if (!pausesAfter(opcode[at]!)) return;
    pause.used = true;
    code.instruction(Op.call, pause.index);
  };
  /**
   * In front of a growth that would go beyond `pages`, its length becomes -1, which no memory can grow by. A sum that wraps
   * around has such a length itself.
   */
  const boundGrowth = (at: number, pages: number): void => {
    const isWide = input.wideLength(at);
    out.byte(isWide ? Op.i64Const : Op.i32Const);
    out.signed(-1);
    code.instruction(Op.localGet, isWide ? wide : narrow);
    code.instruction(Op.memorySize, first[at]!);
    out.byte(isWide ? Op.i64Add : Op.i32Add);
    code.instruction(Op.globalGet, pages);
    if (isWide) out.byte(Op.i64ExtendI32U);
    out.bytes([isWide ? Op.i64LeU : Op.i32LeU, Op.select]);
  };
  const write = (edit: Edit): void => {
    const { at, amount } = edit;
    switch (edit.kind) {
      case EditKind.read:
        code.instruction(Op.globalGet, layout.fuel);
        code.subtract(-amount);
        code.set();
        return;
      case EditKind.lower:
        code.lower(amount);
        return;
      case EditKind.check:
        code.check(amount);
        return;
      case EditKind.store:
        code.get();
        code.subtract(amount);
        code.instruction(Op.globalSet, layout.fuel);
        return;
      case EditKind.lowerOnBranch:
        out.bytes([Op.if, empty]);
        code.lower(amount);
        code.instruction(Op.br, first[at]! + 1);
        out.byte(Op.end);
        return;
      case EditKind.lowerOnElse:
        out.byte(Op.else);
        code.lower(amount);
        return;
      case EditKind.storeOnElse:
        out.byte(Op.else);
        code.get();
        code.subtract(amount);
        code.instruction(Op.globalSet, layout.fuel);
        return;
      case EditKind.measure:
        code.instruction(Op.localTee, input.wideLength(at) ? wide : narrow);
        if (layout.growth !== null && opcode[at] === Op.memoryGrow) boundGrowth(at, layout.growth.pages);
        return;
      case EditKind.lowerByLength: {
        const isWide = input.wideLength(at - 1);
        code.lowerBy(isWide ? wide : narrow, isWide);
        pauseAfter(at - 1);
        return;
      }
      case EditKind.lowerByGrowth: {
        const isWide = input.wideLength(at - 1);
        const length = isWide ? wide : narrow;
        const result = length + 1;
        code.instruction(Op.localTee, result);
        out.byte(isWide ? Op.i64Const : Op.i32Const);
        out.signed(-1);
        out.byte(isWide ? Op.i64Eq : Op.i32Eq);
        out.bytes([Op.if, empty]);
        if (layout.growth !== null && opcode[at - 1] === Op.memoryGrow) {
          code.instruction(Op.globalGet, layout.growth.refused);
          out.bytes([Op.i32Const, 1, Op.i32Add]);
          code.instruction(Op.globalSet, layout.growth.refused);
        }
        out.byte(Op.else);
        code.lowerBy(length, isWide);
        out.byte(Op.end);
        pauseAfter(at - 1);
        code.instruction(Op.localGet, result);
        return;
      }
      case EditKind.moveIndex:
        code.instruction(opcode[at]!, amount);
        return;
      case EditKind.pass:
        code.get();
        code.subtract(amount);
        return;
      case EditKind.receive:
        code.subtract(-amount);
        code.set();
        return;
      case EditKind.passNothing:
        code.constant(0);
        return;
      case EditKind.receiveNothing:
        out.byte(Op.drop);
        return;
      case EditKind.loop:
        throw new Error("a loop is written by writeLoop");
      default:
        edit.kind satisfies never;
    }
  };

  // The last operator is the `end` of the function: what stands at its index comes before the end of the body, what
  // stands at `count` after it.
  let next = copy(0, count - 1, 0);
  for (; next < edits.length && edits[next]!.at < count; next++) write(edits[next]!);
  if (wrapped) out.byte(Op.end);
  for (; next < edits.length; next++) write(edits[next]!);
  out.byte(Op.end);
}
