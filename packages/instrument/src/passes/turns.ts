/**
 * Job: write the code that counts the turns of a counted loop before it begins.
 * Never: change a local other than the scratch local that it is given.
 *
 * The first turn compares `v`, the next `v + step`, …; the loop goes on while ⟨value ⟨comparison⟩ bound⟩, so
 *   ne:   turns = 1 + (bound − v) / step      in 32-bit wrap-around, if the division has no remainder
 *   lt:   turns = 1 + ceil(max(0, bound − v) / step)      if the last value, below bound + step, does not wrap
 *   le, gt, ge likewise.
 * Where the condition does not hold the loop may turn more often, or for ever: it is then run in its slow copy.
 */
import type { CountedLoop } from "../analyze/loops.ts";
import { Op } from "../binary/opcodes.ts";
import type { Writer } from "../binary/writer.ts";

const isPowerOfTwo = (value: number): boolean => (value & (value - 1)) === 0;

export class TurnWriter {
  readonly #loop: CountedLoop;
  readonly #out: Writer;
  readonly #movedLocal: (index: number) => number;
  readonly #scratch: number;
  readonly #stride: number;
  readonly #signed: boolean;
  /** `le` and `ge` go on for one value more than `lt` and `gt`. */
  readonly #inclusive: number;

  constructor(loop: CountedLoop, movedLocal: (index: number) => number, scratch: number, out: Writer) {
    this.#loop = loop;
    this.#movedLocal = movedLocal;
    this.#out = out;
    this.#scratch = scratch;
    this.#stride = Math.abs(loop.step);
    this.#signed = loop.comparison.endsWith("_s");
    this.#inclusive = /^[lg]e/.test(loop.comparison) ? 1 : 0;
  }

  /** Pushes the number of turns, an i64 of at most 2^32. */
  turns(): void {
    const out = this.#out;
    if (this.#loop.comparison === "ne") {
      this.#distance();
      if (this.#stride > 1) this.#divide(Op.i32Const, Op.i32ShrU, Op.i32DivU);
      out.byte(Op.i64ExtendI32U);
    } else {
      const rising = this.#loop.step > 0;
      if (rising) this.#bound();
      this.#first();
      this.#extend();
      if (!rising) this.#bound();
      out.byte(Op.i64Sub);
      this.#add(Op.i64Const, Op.i64Add, this.#inclusive);
      this.#index(Op.localTee, this.#scratch);
      this.#add(Op.i64Const, Op.i64Add, this.#stride - 1);
      this.#constant(Op.i64Const, 0);
      this.#index(Op.localGet, this.#scratch);
      this.#constant(Op.i64Const, 0);
      out.bytes([Op.i64GtS, Op.select]);
      if (this.#stride > 1) this.#divide(Op.i64Const, Op.i64ShrU, Op.i64DivU);
    }
    this.#add(Op.i64Const, Op.i64Add, 1);
  }

  /** Pushes whether the number is right, an i32; false where it always is and nothing was pushed. */
  condition(): boolean {
    const out = this.#out;
    const stride = this.#stride;
    if (this.#loop.comparison === "ne") {
      if (stride === 1) return false;
      this.#distance();
      this.#constant(Op.i32Const, isPowerOfTwo(stride) ? stride - 1 : stride);
      out.bytes([isPowerOfTwo(stride) ? Op.i32And : Op.i32RemU, Op.i32Eqz]);
      return true;
    }
    const beyond = stride - 1 + this.#inclusive;
    if (beyond === 0) return false;
    this.#bound();
    if (this.#loop.step > 0) {
      this.#constant(Op.i64Const, (this.#signed ? 0x7fffffff : 0xffffffff) - beyond);
      out.byte(Op.i64LeS);
    } else {
      this.#constant(Op.i64Const, (this.#signed ? -0x80000000 : 0) + beyond);
      out.byte(Op.i64GeS);
    }
    return true;
  }

  /** The value that the first turn compares, an i32. */
  #first(): void {
    const { local, offset } = this.#loop.first;
    this.#index(Op.localGet, this.#movedLocal(local));
    this.#add(Op.i32Const, Op.i32Add, offset);
  }

  #bound32(): void {
    const { local, offset } = this.#loop.bound;
    if (local === null) this.#constant(Op.i32Const, offset);
    else {
      this.#index(Op.localGet, this.#movedLocal(local));
      this.#add(Op.i32Const, Op.i32Add, offset);
    }
  }

  #bound(): void {
    this.#bound32();
    this.#extend();
  }

  /** How far the first value is from the bound, in the direction of the step. */
  #distance(): void {
    if (this.#loop.step > 0) {
      this.#bound32();
      this.#first();
    } else {
      this.#first();
      this.#bound32();
    }
    this.#out.byte(Op.i32Sub);
  }

  #extend(): void {
    this.#out.byte(this.#signed ? Op.i64ExtendI32S : Op.i64ExtendI32U);
  }

  #divide(constant: number, shift: number, divide: number): void {
    if (isPowerOfTwo(this.#stride)) {
      this.#constant(constant, 31 - Math.clz32(this.#stride));
      this.#out.byte(shift);
    } else {
      this.#constant(constant, this.#stride);
      this.#out.byte(divide);
    }
  }

  #add(constant: number, add: number, value: number): void {
    if (value === 0) return;
    this.#constant(constant, value);
    this.#out.byte(add);
  }

  #constant(op: number, value: number): void {
    this.#out.byte(op);
    this.#out.signed(value);
  }

  #index(op: number, index: number): void {
    this.#out.byte(op);
    this.#out.unsigned(index);
  }
}
