/**
 * Job: execute functions one operator at a time and count fuel by its definition: a function entry costs 1, an operator
 * its price, a bulk operator its length once it has succeeded. Never: be clever or fast.
 */
import { bulk } from "./bulk.ts";
import { aggregate } from "./gc.ts";
import type { Instruction } from "./instructions.ts";
import { loadOrStore, vectorStep } from "./memory.ts";
import { scalar } from "./numeric.ts";
import { matchesReference } from "./references.ts";
import {
  type Callee,
  Caught,
  defaultValue,
  type Instance,
  type Reference,
  StepLimit,
  Thrown,
  Trap,
  type Value,
  type WasmFunction,
} from "./store.ts";
import { trapOf } from "./trap.ts";
import { isSubtype } from "./types.ts";

interface Label {
  /** The block's position; -1 is the function itself. */
  readonly at: number;
  readonly height: number;
  readonly arity: number;
  readonly continues: boolean;
  /** Of a legacy `try` whose handler runs. */
  caught: Caught | null;
  /** Whether its own clauses may still catch. */
  armed: boolean;
}
interface TailCall {
  readonly callee: Callee;
  readonly values: Value[];
}

/** nop, unreachable, block, loop, else, end, return, drop; and the delimiters of legacy exceptions: catch, delegate, catch_all. */
const free = new Set([0x00, 0x01, 0x02, 0x03, 0x05, 0x0b, 0x0f, 0x1a, 0x07, 0x18, 0x19]);

export function invoke(first: Callee, firstValues: Value[]): Value[] {
  let callee = first;
  let values = firstValues;
  for (;;) {
    if (callee.kind === "host") return callee.call(values);
    const result: Value[] | TailCall = new Activation(callee, values).run();
    if (Array.isArray(result)) return result;
    callee = result.callee;
    values = result.values;
  }
}

/** One call of one function. */
export class Activation {
  readonly #function: WasmFunction;
  readonly #instance: Instance;
  readonly #body: readonly Instruction[];
  readonly #locals: Value[];
  readonly #stack: Value[] = [];
  readonly #labels: Label[] = [];
  #at = 0;

  constructor(callee: WasmFunction, values: Value[]) {
    this.#function = callee;
    this.#instance = callee.instance;
    this.#body = callee.code.body;
    this.#locals = values;
    for (const { count, type } of callee.code.locals) for (let i = 0; i < count; i++) values.push(defaultValue(type));
  }

  run(): Value[] | TailCall {
    const { meter } = this.#instance;
    meter.consumed += 1;
    this.#label(-1, 0, this.#function.signature.results.length, false);
    for (;;) {
      const instruction = this.#body[this.#at++]!;
      if (!free.has(instruction.op)) meter.consumed += 1;
      if (--meter.steps < 0) throw new StepLimit("too many operators");
      try {
        const left = this.#step(instruction);
        if (left !== undefined) return left;
      } catch (error) {
        if (!(error instanceof Thrown) || !this.#handle(error.exception)) throw trapOf(error);
      }
      if (this.#labels.length === 0) return this.#stack;
    }
  }

  #label(at: number, parameters: number, arity: number, continues: boolean, armed = false): void {
    this.#labels.push({ at, height: this.#stack.length - parameters, arity, continues, caught: null, armed });
  }

  #open({ x }: Instruction, loop: boolean, armed = false): void {
    const type = x?.kind === "block" ? x.type : "";
    const signature = typeof type === "number" ? this.#instance.module.types[type]! : null;
    const parameters = signature?.parameters.length ?? 0;
    const results = signature?.results.length ?? (type === "" ? 0 : 1);
    this.#label(this.#at - 1, parameters, loop ? parameters : results, loop, armed);
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined) throw new Error("the oracle's stack is empty");
    return value;
  }

  #popMany(count: number): Value[] {
    return count === 0 ? [] : this.#stack.splice(-count);
  }

  #branch(depth: number): void {
    const index = this.#labels.length - 1 - depth;
    const label = this.#labels[index]!;
    const values = this.#popMany(label.arity);
    this.#stack.length = label.height;
    this.#stack.push(...values);
    this.#labels.length = label.continues ? index + 1 : index;
    this.#at = label.at === -1 ? this.#body.length : label.continues ? label.at + 1 : this.#body[label.at]!.end + 1;
  }

  /** Finds the handler of an exception in this activation and goes there; false if there is none. */
  #handle(exception: Caught): boolean {
    for (let i = this.#labels.length - 1; i >= 0; i--) {
      const label = this.#labels[i]!;
      if (!label.armed) continue;
      const block = this.#body[label.at]!;
      if (block.x?.kind !== "block") continue;
      const end = this.#body[block.end]!;
      if (end.op === 0x18) {
        // delegate: go on as if thrown in the block it names, which is counted from outside this try
        i -= end.a;
        continue;
      }
      const tags = this.#instance.tags;
      const handler = block.x.catches.find(({ kind, tag }) => kind >= 2 || tags[tag] === exception.tag);
      if (handler !== undefined) {
        this.#labels.length = i;
        if (handler.kind < 2) this.#stack.push(...exception.values);
        if ((handler.kind & 1) === 1) this.#stack.push(exception);
        this.#branch(handler.label);
        return true;
      }
      const clause = block.x.clauses.find(({ tag }) => tag === null || tags[tag] === exception.tag);
      if (clause !== undefined) {
        this.#labels.length = i + 1;
        label.armed = false;
        label.caught = exception;
        this.#stack.length = label.height;
        if (clause.tag !== null) this.#stack.push(...exception.values);
        this.#at = clause.at + 1;
        return true;
      }
    }
    return false;
  }

  #step(instruction: Instruction): Value[] | TailCall | undefined {
    const { op, a, b, x } = instruction;
    const stack = this.#stack;
    const instance = this.#instance;
    switch (op) {
      case 0x00:
        throw new Trap("unreachable");
      case 0x01: // nop
        return;
      case 0x02: // block
        return this.#open(instruction, false) as undefined;
      case 0x03: // loop
        return this.#open(instruction, true) as undefined;
      case 0x06: // try
      case 0x1f: // try_table
        return this.#open(instruction, false, true) as undefined;
      case 0x04: {
        const condition = this.#pop();
        const { otherwise, end } = instruction;
        this.#open(instruction, false);
        if (condition === 0) this.#at = otherwise === end ? end : otherwise + 1;
        return;
      }
      case 0x05: // else, catch, catch_all: the arm before is done
      case 0x07:
      case 0x19:
        this.#at = instruction.end;
        return;
      case 0x0b: // end, delegate
      case 0x18:
        this.#labels.pop();
        return;
      case 0x08: {
        const tag = instance.tags[a]!;
        throw new Thrown(new Caught(tag, this.#popMany(tag.arity)));
      }
      case 0x09:
        throw new Thrown(this.#labels.at(-1 - a)!.caught!);
      case 0x0a: {
        const exception = this.#pop();
        if (exception === null) throw new Trap("null reference");
        throw new Thrown(exception as Caught);
      }
      case 0x0c:
        return this.#branch(a) as undefined;
      case 0x0d:
        if (this.#pop() !== 0) this.#branch(a);
        return;
      case 0x0e: {
        const { labels } = x as { labels: readonly number[] };
        const index = (this.#pop() as number) >>> 0;
        return this.#branch(labels[Math.min(index, labels.length - 1)]!) as undefined;
      }
      case 0x0f:
        return this.#branch(this.#labels.length - 1) as undefined;
      case 0x10: // call, call_indirect, call_ref, and their tail forms
      case 0x11:
      case 0x12:
      case 0x13:
      case 0x14:
      case 0x15: {
        const callee = this.#callee(op, a, b);
        const values = this.#popMany(callee.signature.parameters.length);
        if (op === 0x12 || op === 0x13 || op === 0x15) return { callee, values };
        stack.push(...invoke(callee, values));
        return;
      }
      case 0x1a:
        stack.pop();
        return;
      case 0x1b:
      case 0x1c: {
        const condition = this.#pop();
        const second = this.#pop();
        if (condition === 0) stack[stack.length - 1] = second;
        return;
      }
      case 0x20:
        stack.push(this.#locals[a]!);
        return;
      case 0x21:
        this.#locals[a] = this.#pop();
        return;
      case 0x22:
        this.#locals[a] = stack.at(-1)!;
        return;
      case 0x23:
        stack.push(instance.globals[a]!.value);
        return;
      case 0x24:
        instance.globals[a]!.value = this.#pop();
        return;
      case 0x41:
      case 0x43:
        stack.push(a);
        return;
      case 0x42:
      case 0x44:
        stack.push((x as { value: bigint }).value);
        return;
      case 0xd0: // ref.null
        stack.push(null);
        return;
      case 0xd1: // ref.is_null
        stack.push(this.#pop() === null ? 1 : 0);
        return;
      case 0xd2: // ref.func
        stack.push(instance.functions[a]!);
        return;
      case 0xd3: {
        // ref.eq
        const [one, other] = this.#popMany(2) as [Reference, Reference];
        const same =
          one === other ||
          (one !== null && other !== null && "value" in one && "value" in other && one.value === other.value);
        stack.push(same ? 1 : 0);
        return;
      }
      case 0xd4: // ref.as_non_null
        if (stack.at(-1) === null) throw new Trap("null reference");
        return;
      case 0xd5: // br_on_null
        if (stack.at(-1) === null) {
          stack.pop();
          this.#branch(a);
        }
        return;
      case 0xd6: // br_on_non_null
        if (stack.at(-1) === null) stack.pop();
        else this.#branch(a);
        return;
      case 0xfb018: // br_on_cast, br_on_cast_fail
      case 0xfb019: {
        const { types } = x as { types: readonly string[] };
        if (matchesReference(stack.at(-1) as Reference, types[1]!, instance) === (op === 0xfb018)) this.#branch(a);
        return;
      }
    }
    const pure = scalar.get(op);
    if (pure !== undefined) {
      const [one, other] = this.#popMany(pure.parameters) as (number | bigint)[];
      stack.push(pure.parameters === 1 ? pure.compute(one!) : pure.compute(one!, other!));
    } else if (op >= 0x28 && op <= 0x3e) loadOrStore(instruction, instance, stack);
    else if (op >> 12 === 0xfd) vectorStep(instruction, instance, stack);
    else if (op >> 12 === 0xfb) aggregate(instruction, instance, stack);
    else bulk(instruction, instance, stack);
    return;
  }

  #callee(op: number, a: number, b: number): Callee {
    const instance = this.#instance;
    if (op === 0x10 || op === 0x12) return instance.functions[a]!;
    if (op === 0x14 || op === 0x15) {
      const callee = this.#pop();
      if (callee === null) throw new Trap("null reference");
      return callee as Callee;
    }
    const table = instance.tables[b]!;
    const index = this.#pop();
    const callee = table.items[Number(table.is64 ? BigInt.asUintN(64, index as bigint) : (index as number) >>> 0)];
    if (callee === undefined) throw new Trap("out of bounds table");
    if (callee === null) throw new Trap("uninitialized element");
    if (!isSubtype((callee as Callee).type, instance.types[a]!)) throw new Trap("bad signature");
    return callee as Callee;
  }
}
