/**
 * Job: write the code that reads, lowers, stores and checks the counter, wherever it is: in a local or in its global.
 * Never: know where in a function it stands.
 */
import { Op } from "../binary/opcodes.ts";
import type { Writer } from "../binary/writer.ts";

export const emptyBlockType = 0x40;

export class CounterWriter {
  readonly #out: Writer;
  /** The local that holds the remainder; null where the global does. */
  readonly #local: number | null;
  readonly #global: number;
  readonly #mayWrap: boolean;

  constructor(out: Writer, local: number | null, global: number, mayWrap: boolean) {
    this.#out = out;
    this.#local = local;
    this.#global = global;
    this.#mayWrap = mayWrap;
  }

  operators(...ops: readonly number[]): void {
    this.#out.bytes(ops);
  }

  instruction(op: number, index: number): void {
    this.#out.byte(op);
    this.#out.unsigned(index);
  }

  constant(value: number): void {
    this.#out.byte(Op.i64Const);
    this.#out.signed(value);
  }

  get(): void {
    if (this.#local === null) this.instruction(Op.globalGet, this.#global);
    else this.instruction(Op.localGet, this.#local);
  }

  set(): void {
    if (this.#local === null) this.instruction(Op.globalSet, this.#global);
    else this.instruction(Op.localSet, this.#local);
  }

  /** Subtracts from what is on the stack. */
  subtract(amount: number): void {
    if (amount === 0) return;
    this.constant(amount);
    this.#out.byte(Op.i64Sub);
  }

  lower(amount: number): void {
    this.get();
    this.subtract(amount);
    this.set();
  }

  /** Lowers by a local, i64 or unsigned i32. */
  lowerBy(local: number, isWide: boolean): void {
    this.get();
    this.instruction(Op.localGet, local);
    if (!isWide) this.#out.byte(Op.i64ExtendI32U);
    this.#out.byte(Op.i64Sub);
    this.set();
  }

  /** Traps where the counter less its debt is 0 or below. */
  check(debt: number): void {
    this.get();
    const apart = this.#mayWrap && debt > 0;
    if (apart) this.subtract(debt);
    this.constant(apart ? 0 : debt);
    this.operators(Op.i64LeS, Op.if, emptyBlockType);
    this.constant(0);
    this.instruction(Op.globalSet, this.#global);
    this.operators(Op.unreachable, Op.end);
  }
}
