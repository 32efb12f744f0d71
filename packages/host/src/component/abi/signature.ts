/**
 * Job: how a function's parameters and result travel: flat, or through memory where they are too many.
 * Source: CanonicalABI.md, "Lifting and Lowering Values", flatten_functype.
 * Never: call (see ../canon.ts).
 */
import { ComponentValueError } from "../errors.ts";
import { maxFlatParameters, maxFlatResults } from "../limits.ts";
import type { ComponentValue } from "../value.ts";
import type { Codec, Codecs } from "./codec.ts";
import type { Context } from "./context.ts";
import { type CoreValue, notOfItsType, unsigned } from "./core.ts";
import { type Layout, sequence } from "./layout.ts";
import { placed } from "./records.ts";
import type { FunctionType } from "./types.ts";

export class Signature {
  readonly type: FunctionType;
  /** Whether a caller passes borrows: then calls count them. */
  readonly borrows: boolean;
  readonly #parameters: readonly { readonly codec: Codec; readonly offset: number; readonly at: number }[];
  readonly #parametersLayout: Layout | null;
  /** Each parameter is one core value. */
  readonly #single: boolean;
  readonly #result: Codec | null;
  readonly #resultLayout: Layout | null;

  constructor(type: FunctionType, codecs: Codecs) {
    this.type = type;
    const parts = type.parameters.map((parameter) => ({
      layout: parameter.type.layout,
      codec: codecs.of(parameter.type),
    }));
    this.#parameters = placed(parts);
    this.#parametersLayout = parts.length === 0 ? null : sequence(parts.map(({ layout }) => layout)).layout;
    this.#single = parts.every(({ layout }) => layout.flat?.length === 1) && parts.length <= maxFlatParameters;
    this.#result = type.result && codecs.of(type.result);
    this.#resultLayout = type.result?.layout ?? null;
    this.borrows = this.#parametersLayout?.borrows ?? false;
  }

  get parametersInMemory(): boolean {
    return this.#parametersLayout !== null && this.#parametersLayout.flat === null;
  }
  get resultInMemory(): boolean {
    return this.#resultLayout !== null && (this.#resultLayout.flat?.length ?? Infinity) > maxFlatResults;
  }
  /** How many core values the callee takes and gives. */
  get coreParameters(): number {
    return this.#parametersLayout === null ? 0 : (this.#parametersLayout.flat?.length ?? 1);
  }
  get coreResults(): number {
    return this.#result ? 1 : 0;
  }
  /** A caller's side reads parameters and writes results; a callee's the reverse. Which of the two need memory, and a realloc. */
  needs(side: "lower" | "lift"): { readonly memory: boolean; readonly realloc: boolean } {
    const parameters = this.#parametersLayout?.pointers ?? false;
    const result = this.#resultLayout?.pointers ?? false;
    return {
      memory: parameters || result || this.parametersInMemory || this.resultInMemory,
      realloc: side === "lower" ? result : parameters || this.parametersInMemory,
    };
  }

  /** The caller's core values as values; the array may be reused. */
  liftParameters(context: Context, flat: CoreValue[]): ComponentValue[] {
    try {
      return this.#liftParameters(context, flat);
    } catch (error) {
      throw notOfItsType(error);
    }
  }

  #liftParameters(context: Context, flat: CoreValue[]): ComponentValue[] {
    if (this.#single) {
      const values = flat as ComponentValue[];
      const { length } = this.#parameters;
      for (let index = 0; index < length; index++)
        values[index] = this.#parameters[index]!.codec.lift(context, flat, index);
      values.length = length;
      return values;
    }
    if (!this.parametersInMemory) return this.#parameters.map(({ codec, at }) => codec.lift(context, flat, at));
    const address = this.#inMemory(context, flat[0], this.#parametersLayout!);
    return this.#parameters.map(({ codec, offset }) => codec.load(context, address + offset));
  }

  /** Where values to be read begin. Tuples of tuples are many values without a list: they count whole, here. */
  #inMemory(context: Context, address: unknown, { size, alignment, weight }: Layout): number {
    context.store.lift(weight);
    return context.range(unsigned(address), size, alignment);
  }

  /** Values as the callee's core values. */
  lowerParameters(context: Context, values: readonly ComponentValue[]): CoreValue[] {
    const { length } = this.#parameters;
    if (values.length !== length)
      throw new ComponentValueError(`the function takes ${length} arguments; ${values.length} are given`);
    const flat: CoreValue[] = [];
    if (!this.parametersInMemory) {
      for (let index = 0; index < length; index++) this.#parameters[index]!.codec.lower(context, values[index]!, flat);
      return flat;
    }
    const { size, alignment } = this.#parametersLayout!;
    const address = context.allocate(size, alignment);
    for (let index = 0; index < length; index++) {
      const { codec, offset } = this.#parameters[index]!;
      codec.store(context, values[index]!, address + offset);
    }
    return [address];
  }

  /** What the callee returned as a value. */
  liftResult(context: Context, result: CoreValue | undefined): ComponentValue | undefined {
    if (!this.#result) return undefined;
    try {
      if (!this.resultInMemory) return this.#result.lift(context, [result!], 0);
      return this.#result.load(context, this.#inMemory(context, result, this.#resultLayout!));
    } catch (error) {
      throw notOfItsType(error);
    }
  }

  /** A value as what the caller gets; `address`: where it wants it, if it travels through memory. */
  lowerResult(context: Context, value: ComponentValue | undefined, address: number): CoreValue | undefined {
    if (!this.#result) return undefined;
    if (!this.resultInMemory) {
      const flat: CoreValue[] = [];
      this.#result.lower(context, value!, flat);
      return flat[0];
    }
    const { size, alignment } = this.#resultLayout!;
    this.#result.store(context, value!, context.range(address, size, alignment));
    return undefined;
  }
}
