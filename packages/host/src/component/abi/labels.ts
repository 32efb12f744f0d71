/** Job: enums and flags: names that stand for numbers and for bits. Never: payloads (see variants.ts). */
import { trap } from "../errors.ts";
import type { ComponentValue } from "../value.ts";
import type { Codec } from "./codec.ts";
import type { Context } from "./context.ts";
import { unsigned } from "./core.ts";
import { mismatch, object } from "./expect.ts";
import { discriminantSize } from "./layout.ts";

export type UnsignedSize = 1 | 2 | 4;

export function loadUnsigned({ view }: Context, at: number, size: UnsignedSize): number {
  return size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}
export function storeUnsigned({ view }: Context, value: number, at: number, size: UnsignedSize): void {
  if (size === 1) view.setUint8(at, value);
  else if (size === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
}

/** By number; a number without a case is a trap. */
export function caseAt<Case>(cases: readonly Case[], index: number): Case {
  return cases[index] ?? trap(`case ${index} is not one of ${cases.length}`);
}

export function enumCodec(names: readonly string[]): Codec {
  const size = discriminantSize(names.length);
  const indices = new Map(names.map((name, index) => [name, index]));
  const indexOf = (value: ComponentValue) =>
    indices.get(value as string) ?? mismatch(`enum (one of ${names.slice(0, 10).join(", ")})`, value);
  return {
    load: (context, at) => caseAt(names, loadUnsigned(context, at, size)),
    store: (context, value, at) => storeUnsigned(context, indexOf(value), at, size),
    lift: (_, flat, at) => caseAt(names, unsigned(flat[at])),
    lower: (_, value, flat) => flat.push(indexOf(value)),
  };
}

export function flagsCodec(names: readonly string[], bytes: number): Codec {
  const size = bytes as UnsignedSize;
  const unpack = (bits: number) => {
    const flags: Record<string, boolean> = Object.create(null);
    for (let index = 0; index < names.length; index++) flags[names[index]!] = ((bits >>> index) & 1) === 1;
    return flags;
  };
  /** Names that are missing are not set. */
  const pack = (value: ComponentValue) => {
    const flags = object(value, "flags");
    let bits = 0;
    for (let index = 0; index < names.length; index++) if (flags[names[index]!] === true) bits |= 1 << index;
    return bits >>> 0;
  };
  return {
    load: (context, at) => unpack(loadUnsigned(context, at, size)),
    store: (context, value, at) => storeUnsigned(context, pack(value), at, size),
    lift: (_, flat, at) => unpack(unsigned(flat[at])),
    lower: (_, value, flat) => flat.push(pack(value)),
  };
}
