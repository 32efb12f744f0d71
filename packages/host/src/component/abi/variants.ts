/**
 * Job: variants, options and results: a number for the case, then its payload, in memory or in core values that all cases share.
 * Source: CanonicalABI.md, load_variant, lift_flat_variant, lower_flat_variant.
 * Never: enums (see labels.ts).
 */
import type { ComponentValue, VariantValue } from "../value.ts";
import type { Codec } from "./codec.ts";
import type { Context } from "./context.ts";
import { bitsOfF32, bitsOfF64, type CoreValue, f32OfBits, f64OfBits, unsigned } from "./core.ts";
import { mismatch, object } from "./expect.ts";
import { caseAt, loadUnsigned, storeUnsigned } from "./labels.ts";
import { type CoreType, discriminantSize, type Layout, union } from "./layout.ts";
import type { Part } from "./records.ts";

/** Reads and writes case numbers and payloads; what they look like in JavaScript is said below. */
class Cases {
  readonly #payloads: readonly (Part | null)[];
  readonly #shared: readonly CoreType[];
  /** For each case: whether its core values are those of the variant as they are. */
  readonly #alike: readonly boolean[];
  readonly #size: 1 | 2 | 4;
  readonly #offset: number;

  constructor(layout: Layout, payloads: readonly (Part | null)[]) {
    this.#payloads = payloads;
    this.#shared = layout.flat?.slice(1) ?? [];
    this.#alike = payloads.map(
      (payload) => payload?.layout.flat?.every((type, i) => type === this.#shared[i]) ?? false,
    );
    this.#size = discriminantSize(payloads.length);
    this.#offset = union(payloads.map((payload) => payload?.layout ?? null)).payload;
  }

  load(
    context: Context,
    address: number,
    make: (index: number, payload: ComponentValue | undefined) => ComponentValue,
  ) {
    const index = loadUnsigned(context, address, this.#size);
    const payload = this.#case(index);
    return make(index, payload?.codec.load(context, address + this.#offset));
  }

  store(context: Context, address: number, index: number, value: ComponentValue | undefined): void {
    storeUnsigned(context, index, address, this.#size);
    this.#payloads[index]?.codec.store(context, value as ComponentValue, address + this.#offset);
  }

  lift(
    context: Context,
    flat: readonly CoreValue[],
    at: number,
    make: (index: number, payload: ComponentValue | undefined) => ComponentValue,
  ) {
    const index = unsigned(flat[at]);
    const payload = this.#case(index);
    if (!payload) return make(index, undefined);
    if (this.#alike[index]) return make(index, payload.codec.lift(context, flat, at + 1));
    const own = payload.layout.flat!.map((type, i) => narrow(flat[at + 1 + i]!, this.#shared[i]!, type));
    return make(index, payload.codec.lift(context, own, 0));
  }

  lower(context: Context, flat: CoreValue[], index: number, value: ComponentValue | undefined): void {
    flat.push(index);
    const first = flat.length;
    const payload = this.#payloads[index];
    if (payload) {
      payload.codec.lower(context, value as ComponentValue, flat);
      if (!this.#alike[index])
        for (const [i, type] of payload.layout.flat!.entries())
          flat[first + i] = widen(flat[first + i]!, type, this.#shared[i]!);
    }
    for (let i = flat.length - first; i < this.#shared.length; i++) flat.push(this.#shared[i] === "i64" ? 0n : 0);
  }

  #case(index: number): Part | null {
    if (index >= this.#payloads.length) caseAt(this.#payloads, index);
    return this.#payloads[index] ?? null;
  }
}

function narrow(value: CoreValue, shared: CoreType, own: CoreType): CoreValue {
  if (shared === own) return value;
  if (shared === "i32") return f32OfBits(value as number);
  if (own === "f64") return f64OfBits(value as bigint);
  const low = Number(BigInt.asUintN(32, value as bigint));
  return own === "f32" ? f32OfBits(low) : low;
}

function widen(value: CoreValue, own: CoreType, shared: CoreType): CoreValue {
  if (shared === own) return value;
  if (own === "f64") return bitsOfF64(value as number);
  const bits = own === "f32" ? bitsOfF32(value as number) : (value as number);
  return shared === "i32" ? bits : BigInt(bits >>> 0);
}

export function variantCodec(
  layout: Layout,
  cases: readonly { readonly name: string; readonly payload: Part | null }[],
): Codec {
  const all = new Cases(
    layout,
    cases.map(({ payload }) => payload),
  );
  const indices = new Map(cases.map(({ name }, index) => [name, index]));
  const make = (index: number, val: ComponentValue | undefined): VariantValue =>
    val === undefined ? { tag: cases[index]!.name } : { tag: cases[index]!.name, val };
  const indexOf = ({ tag }: VariantValue) =>
    indices.get(tag) ??
    mismatch(
      `variant (tag: one of ${cases
        .slice(0, 10)
        .map(({ name }) => name)
        .join(", ")})`,
      tag,
    );
  return {
    load: (context, address) => all.load(context, address, make),
    store(context, value, address) {
      const variant = object(value, "variant") as unknown as VariantValue;
      all.store(context, address, indexOf(variant), variant.val);
    },
    lift: (context, flat, at) => all.lift(context, flat, at, make),
    lower(context, value, flat) {
      const variant = object(value, "variant") as unknown as VariantValue;
      all.lower(context, flat, indexOf(variant), variant.val);
    },
  };
}

export function resultCodec(layout: Layout, ok: Part | null, error: Part | null): Codec {
  return variantCodec(layout, [
    { name: "ok", payload: ok },
    { name: "err", payload: error },
  ]);
}

/** `nested`: of an option, whose null would be taken for none. */
export function optionCodec(layout: Layout, element: Part, nested: boolean): Codec {
  const all = new Cases(layout, [null, element]);
  const make = (index: number, value: ComponentValue | undefined): ComponentValue =>
    index === 0 ? null : nested ? { some: value! } : value!;
  const inner = (value: ComponentValue): ComponentValue =>
    nested ? (object(value, "option of an option") as unknown as { some: ComponentValue }).some : value;
  return {
    load: (context, address) => all.load(context, address, make),
    store(context, value, address) {
      if (value === null || value === undefined) all.store(context, address, 0, undefined);
      else all.store(context, address, 1, inner(value));
    },
    lift: (context, flat, at) => all.lift(context, flat, at, make),
    lower(context, value, flat) {
      if (value === null || value === undefined) all.lower(context, flat, 0, undefined);
      else all.lower(context, flat, 1, inner(value));
    },
  };
}
