/**
 * Job: the function that metered code calls after a bulk operator on a table, so that V8 can end the thread there.
 * Never: anything that changes what a module does.
 *
 * V8 leaves out a loop's check for interrupts when every turn makes a call, since the callee has one; it counts the runtime
 * calls behind `table.fill`, `table.copy` and `table.init` as such, and those have none (V8 14.6): a loop of them hears
 * nothing of `Worker.terminate()`, and a host's deadline does not end it. So each is followed by a call that does check.
 * The function must not be inlined (over 500 bytes of body), nor be a leaf, whose entry check V8 leaves out.
 *
 * Before:  table.fill $t
 * After:   table.fill $t  call $pause
 *
 * This depends on one engine's detail: it is here and nowhere else, and test/escape runs the loop.
 */
import { Op } from "../binary/opcodes.ts";
import type { Writer } from "../binary/writer.ts";

const inlinedBelow = 600;
const empty = 0x40;
const nop = 0x01;

export const pausesAfter = (operator: number): boolean =>
  operator === Op.tableInit || operator === Op.tableCopy || operator === Op.tableFill || operator === Op.tableGrow;

/** No locals; calls itself if the counter were the least number, which no budget reaches. */
export function writePauseBody(self: number, fuelGlobal: number, out: Writer): void {
  out.unsigned(0);
  out.byte(Op.globalGet);
  out.unsigned(fuelGlobal);
  out.byte(Op.i64Const);
  out.signedBig(-(2n ** 63n));
  out.bytes([Op.i64Eq, Op.if, empty, Op.call]);
  out.unsigned(self);
  out.byte(Op.end);
  for (let size = 0; size < inlinedBelow; size++) out.byte(nop);
  out.byte(Op.end);
}
