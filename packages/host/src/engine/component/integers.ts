/** Job: which whole numbers an integer type of WIT holds, and what they are in JavaScript. Never: text. */
import type { Primitive } from "@capsule-run/instrument/component";
import type { ComponentValue } from "../../component/value.ts";

const bitsOf: Partial<Record<Primitive, number>> = {
  u8: 8,
  s8: 8,
  u16: 16,
  s16: 16,
  u32: 32,
  s32: 32,
  u64: 64,
  s64: 64,
};

export const isInteger = (type: Primitive): boolean => bitsOf[type] !== undefined;

/** The value as JavaScript has it, a number or (64 bits) a bigint; null where the type does not hold it. */
export function fitInteger(value: bigint, type: Primitive): ComponentValue {
  const bits = bitsOf[type] ?? 0;
  const fits = type.startsWith("u") ? BigInt.asUintN(bits, value) === value : BigInt.asIntN(bits, value) === value;
  if (!fits) return null;
  return bits === 64 ? value : Number(value);
}

/** "a whole number from 0 to 255". */
export function integerWanted(type: Primitive): string {
  const bits = BigInt(bitsOf[type] ?? 0);
  const [least, most] = type.startsWith("u") ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  return `${type}, a whole number from ${least} to ${most},`;
}
