/** Job: booleans, numbers and characters. Never: strings. */
import type { Primitive } from "@capsule-run/instrument/component";
import { trap } from "../errors.ts";
import type { ComponentValue } from "../value.ts";
import type { Codec } from "./codec.ts";
import { bitsOfF32, bitsOfF64, type CoreValue, canonical } from "./core.ts";
import { bigint, float, integer, mismatch } from "./expect.ts";

/** What WebAssembly gives for an i32 is a number; anything else is a core function of another type, and `>>> 0` throws. */
const i32 = (value: CoreValue | undefined) => value as number;
const i64 = (value: CoreValue | undefined) => value as bigint;
const float64 = (value: CoreValue | undefined) => canonical(+(value as number));

const bool = (value: ComponentValue) => (typeof value === "boolean" ? Number(value) : mismatch("bool", value));

function toChar(code: number): string {
  if (code >= 0x110000 || (code >= 0xd800 && code <= 0xdfff)) trap(`char ${code} is not a Unicode scalar value`);
  return String.fromCodePoint(code);
}
function fromChar(value: ComponentValue): number {
  if (typeof value !== "string") return mismatch("char (a string of one code point)", value);
  const code = value.codePointAt(0);
  const units = code === undefined ? 0 : code > 0xffff ? 2 : 1;
  if (code === undefined || value.length !== units || (code >= 0xd800 && code <= 0xdfff))
    return mismatch("char (a string of one code point)", value);
  return code;
}

const u8 = (value: ComponentValue) => integer(value, 0, 0xff, "u8");
const s8 = (value: ComponentValue) => integer(value, -0x80, 0x7f, "s8");
const u16 = (value: ComponentValue) => integer(value, 0, 0xffff, "u16");
const s16 = (value: ComponentValue) => integer(value, -0x8000, 0x7fff, "s16");
const u32 = (value: ComponentValue) => integer(value, 0, 0xffffffff, "u32");
const s32 = (value: ComponentValue) => integer(value, -0x80000000, 0x7fffffff, "s32");
const u64 = (value: ComponentValue) => bigint(value, 0n, 0xffffffffffffffffn, "u64");
const s64 = (value: ComponentValue) => bigint(value, -0x8000000000000000n, 0x7fffffffffffffffn, "s64");

const codecs: Readonly<Record<Exclude<Primitive, "string">, Codec>> = {
  bool: {
    load: ({ view }, at) => view.getUint8(at) !== 0,
    store: ({ view }, value, at) => view.setUint8(at, bool(value)),
    lift: (_, flat, at) => i32(flat[at]) >>> 0 !== 0,
    lower: (_, value, flat) => flat.push(bool(value)),
  },
  u8: {
    load: ({ view }, at) => view.getUint8(at),
    store: ({ view }, value, at) => view.setUint8(at, u8(value)),
    lift: (_, flat, at) => i32(flat[at]) & 0xff,
    lower: (_, value, flat) => flat.push(u8(value)),
  },
  s8: {
    load: ({ view }, at) => view.getInt8(at),
    store: ({ view }, value, at) => view.setInt8(at, s8(value)),
    lift: (_, flat, at) => (i32(flat[at]) << 24) >> 24,
    lower: (_, value, flat) => flat.push(s8(value)),
  },
  u16: {
    load: ({ view }, at) => view.getUint16(at, true),
    store: ({ view }, value, at) => view.setUint16(at, u16(value), true),
    lift: (_, flat, at) => i32(flat[at]) & 0xffff,
    lower: (_, value, flat) => flat.push(u16(value)),
  },
  s16: {
    load: ({ view }, at) => view.getInt16(at, true),
    store: ({ view }, value, at) => view.setInt16(at, s16(value), true),
    lift: (_, flat, at) => (i32(flat[at]) << 16) >> 16,
    lower: (_, value, flat) => flat.push(s16(value)),
  },
  u32: {
    load: ({ view }, at) => view.getUint32(at, true),
    store: ({ view }, value, at) => view.setUint32(at, u32(value), true),
    lift: (_, flat, at) => i32(flat[at]) >>> 0,
    lower: (_, value, flat) => flat.push(u32(value)),
  },
  s32: {
    load: ({ view }, at) => view.getInt32(at, true),
    store: ({ view }, value, at) => view.setInt32(at, s32(value), true),
    lift: (_, flat, at) => i32(flat[at]) | 0,
    lower: (_, value, flat) => flat.push(s32(value)),
  },
  u64: {
    load: ({ view }, at) => view.getBigUint64(at, true),
    store: ({ view }, value, at) => view.setBigUint64(at, u64(value), true),
    lift: (_, flat, at) => BigInt.asUintN(64, i64(flat[at])),
    lower: (_, value, flat) => flat.push(u64(value)),
  },
  s64: {
    load: ({ view }, at) => view.getBigInt64(at, true),
    store: ({ view }, value, at) => view.setBigInt64(at, s64(value), true),
    lift: (_, flat, at) => BigInt.asIntN(64, i64(flat[at])),
    lower: (_, value, flat) => flat.push(s64(value)),
  },
  f32: {
    load: ({ view }, at) => canonical(view.getFloat32(at, true)),
    store: ({ view }, value, at) => view.setInt32(at, bitsOfF32(float(value, "f32")), true),
    lift: (_, flat, at) => float64(flat[at]),
    lower: (_, value, flat) => flat.push(canonical(Math.fround(float(value, "f32")))),
  },
  f64: {
    load: ({ view }, at) => canonical(view.getFloat64(at, true)),
    store: ({ view }, value, at) => view.setBigInt64(at, bitsOfF64(float(value, "f64")), true),
    lift: (_, flat, at) => float64(flat[at]),
    lower: (_, value, flat) => flat.push(canonical(float(value, "f64"))),
  },
  char: {
    load: ({ view }, at) => toChar(view.getUint32(at, true)),
    store: ({ view }, value, at) => view.setUint32(at, fromChar(value), true),
    lift: (_, flat, at) => toChar(i32(flat[at]) >>> 0),
    lower: (_, value, flat) => flat.push(fromChar(value)),
  },
};

export function primitiveCodec(kind: Exclude<Primitive, "string">): Codec {
  return codecs[kind];
}
