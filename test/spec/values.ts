/** Job: turn a script's values into bits or references and compare results with what a script expects. Never: call anything. */
import type { Value } from "./script.ts";

/** A value on its way into or out of a function: the bits of a number (16 bytes, little endian), or a reference. */
export type Passed = Uint8Array | { readonly reference: unknown };

const hosts = new Map<string, object>();
/** The host reference of a number: an object, since a JavaScript number would turn into an i31. */
function host(value: string): object {
  const found = hosts.get(value) ?? { host: value };
  hosts.set(value, found);
  return found;
}

const laneBytes: Readonly<Record<string, number>> = { i8: 1, i16: 2, i32: 4, f32: 4, i64: 8, f64: 8 };

function lanes(value: Value): { kind: string; items: readonly string[] } {
  if (value.type === "v128") return { kind: value.lane_type!, items: value.value as readonly string[] };
  return { kind: value.type, items: [value.value as string] };
}

export function toPassed(value: Value): Passed {
  if (laneBytes[value.type] === undefined && value.type !== "v128")
    return { reference: value.value === undefined || value.value === "null" ? null : host(value.value as string) };
  const bytes = new Uint8Array(16);
  const { kind, items } = lanes(value);
  for (const [i, item] of items.entries()) write(bytes, kind, i, BigInt(item));
  return bytes;
}

function write(bytes: Uint8Array, kind: string, lane: number, value: bigint): void {
  const size = laneBytes[kind]!;
  for (let i = 0; i < size; i++) bytes[lane * size + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}

function read(bytes: Uint8Array, kind: string, lane: number): bigint {
  const size = laneBytes[kind]!;
  let value = 0n;
  for (let i = 0; i < size; i++) value |= BigInt(bytes[lane * size + i]!) << BigInt(8 * i);
  return value;
}

export function matches(got: Passed, wanted: Value): boolean {
  if (wanted.type === "either") return wanted.values!.some((value) => matches(got, value));
  if (!(got instanceof Uint8Array)) return matchesReference(got.reference, wanted);
  if (laneBytes[wanted.type] === undefined && wanted.type !== "v128") return false;
  const { kind, items } = lanes(wanted);
  return items.every((item, i) => {
    const value = read(got, kind, i);
    if (!item.startsWith("nan:")) return value === BigInt.asUintN(8 * laneBytes[kind]!, BigInt(item));
    const [sign, exponent] = kind === "f32" ? [31n, 0x7fc00000n] : [63n, 0x7ff8000000000000n];
    const magnitude = value & ~(1n << sign);
    return item === "nan:canonical" ? magnitude === exponent : (magnitude & exponent) === exponent;
  });
}

function matchesReference(got: unknown, wanted: Value): boolean {
  if (wanted.type === "refnull" || wanted.value === "null" || /^null.*ref$/.test(wanted.type)) return got === null;
  if (wanted.value !== undefined) return got === host(wanted.value as string);
  if (wanted.type === "funcref") return typeof got === "function";
  if (wanted.type === "i31ref") return typeof got === "number";
  return got !== null;
}
