/** Job: values of core WebAssembly, and calls of core functions whose exceptions stay inside. Never: types of components. */
import { ComponentTrap, trap } from "../errors.ts";

export type CoreValue = number | bigint;
export type CoreFunction = (...values: readonly CoreValue[]) => unknown;

/** A guest's exception does not cross the border of its component: it is a trap. */
export function callCore(callee: CoreFunction, values: readonly CoreValue[]): CoreValue | undefined {
  try {
    return callee(...values) as CoreValue | undefined;
  } catch (error) {
    if (error instanceof WebAssembly.Exception)
      throw new ComponentTrap("an exception of the guest is not caught inside its component");
    throw notOfItsType(error);
  }
}

/**
 * Types of core functions are not looked at while linking (a module's are its own affair). One that takes or gives other values
 * than its component says is found out by the conversion that V8, or a codec, refuses.
 */
export function notOfItsType(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  return new ComponentTrap("a core function takes or gives other values than its component says", { cause: error });
}

/** An i32 as what it stands for: an address, a length, a handle. */
export function unsigned(value: unknown): number {
  return typeof value === "number" ? value >>> 0 : trap("a core function gives no i32 where its component says so");
}

const scratch = new DataView(new ArrayBuffer(8));

export function bitsOfF32(value: number): number {
  if (Number.isNaN(value)) return 0x7fc00000;
  scratch.setFloat32(0, value);
  return scratch.getInt32(0);
}
export function bitsOfF64(value: number): bigint {
  if (Number.isNaN(value)) return 0x7ff8000000000000n;
  scratch.setFloat64(0, value);
  return scratch.getBigInt64(0);
}
export function f32OfBits(bits: number): number {
  scratch.setInt32(0, bits);
  return canonical(scratch.getFloat32(0));
}
export function f64OfBits(bits: bigint): number {
  scratch.setBigInt64(0, bits);
  return canonical(scratch.getFloat64(0));
}

/** Runs are repeatable: every NaN that crosses a border is the canonical one. */
export function canonical(value: number): number {
  return Number.isNaN(value) ? Number.NaN : value;
}
