/**
 * Job: write the loops that are treated as a whole: counted ones in a fast and a slow copy, small ones unrolled.
 * Never: choose them (analyze/loops.ts).
 *
 * Before:  (loop … (br_if 0))
 *
 * Counted: (if (turns known and counter − turns × price > debt)
 *            (then (lower turns × price) (loop … (br_if 0)))                           ;; not touched
 *            (else (loop (lower price) (check) … (br_if 0))))
 *
 * Unrolled: (loop (check) … (if (then … (if (then (lower 2 × price) (br 2))) (lower price))))
 *           so that what is owed behind the loop is one turn, whichever turn was the last.
 *
 * Nothing that sets the counter stands in the fast copy, not even behind its `br_if`: it would make the counter a phi of
 * the loop and keep V8 from unrolling it (sha256 1.14 instead of 1.00 in a prototype).
 */
import type { CountedLoop, UnrolledLoop } from "../analyze/loops.ts";
import { Op } from "../binary/opcodes.ts";
import { type CounterWriter, emptyBlockType } from "./counter.ts";
import type { TurnWriter } from "./turns.ts";

export function writeCounted(
  { block }: CountedLoop,
  debt: number,
  code: CounterWriter,
  turns: TurnWriter,
  scratch: number,
  copy: { readonly whole: () => void; readonly turn: () => void },
): void {
  const less = () => {
    code.get();
    code.instruction(Op.localGet, scratch);
    code.operators(Op.i64Sub);
  };
  turns.turns();
  code.constant(block.price);
  code.operators(Op.i64Mul);
  code.instruction(Op.localSet, scratch);
  less();
  code.constant(debt);
  code.operators(Op.i64GtS);
  if (turns.condition()) code.operators(Op.i32And);
  code.operators(Op.if, emptyBlockType);
  less();
  code.set();
  copy.whole();
  code.operators(Op.else, Op.loop, emptyBlockType);
  code.lower(block.price);
  code.check(debt);
  copy.turn();
  code.operators(Op.end);
}

export function writeUnrolled(
  { block, turns }: UnrolledLoop,
  debt: number,
  code: CounterWriter,
  copyTurn: () => void,
): void {
  code.operators(Op.loop, emptyBlockType);
  code.check(debt);
  for (let turn = 0; turn < turns; turn++) {
    copyTurn();
    code.operators(Op.if, emptyBlockType);
  }
  code.lower(block.price * turns);
  code.instruction(Op.br, turns);
  code.operators(Op.end);
  for (let turn = 1; turn < turns; turn++) {
    code.lower(block.price);
    code.operators(Op.end);
  }
  code.operators(Op.end);
}
