/** Job: loads and stores, scalar and vector. Never: bulk operators. */
import type { Instruction } from "./instructions.ts";
import { vectorOperator } from "./numeric.ts";
import { type Instance, type Memory, Trap, type Value } from "./store.ts";

/** Where an access of `width` bytes begins. */
function address(memory: Memory, base: Value, offset: bigint, width: number): number {
  const start = memory.is64 ? BigInt.asUintN(64, base as bigint) : BigInt((base as number) >>> 0);
  if (start + offset + BigInt(width) > BigInt(memory.bytes.length)) throw new Trap("out of bounds memory");
  return Number(start + offset);
}

const widths = [4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4];

export function loadOrStore({ op, b, x }: Instruction, instance: Instance, stack: Value[]): void {
  const memory = instance.memories[b]!;
  const { offset } = x as { offset: bigint };
  const value = op >= 0x36 ? stack.pop()! : 0;
  const at = address(memory, stack.pop()!, offset, widths[op - 0x28]!);
  const { view } = memory;
  switch (op) {
    case 0x28: // i32.load, f32.load
    case 0x2a:
      stack.push(view.getInt32(at, true));
      return;
    case 0x29: // i64.load, f64.load
    case 0x2b:
      stack.push(view.getBigInt64(at, true));
      return;
    case 0x2c:
      stack.push(view.getInt8(at));
      return;
    case 0x2d:
      stack.push(view.getUint8(at));
      return;
    case 0x2e:
      stack.push(view.getInt16(at, true));
      return;
    case 0x2f:
      stack.push(view.getUint16(at, true));
      return;
    case 0x30:
      stack.push(BigInt(view.getInt8(at)));
      return;
    case 0x31:
      stack.push(BigInt(view.getUint8(at)));
      return;
    case 0x32:
      stack.push(BigInt(view.getInt16(at, true)));
      return;
    case 0x33:
      stack.push(BigInt(view.getUint16(at, true)));
      return;
    case 0x34:
      stack.push(BigInt(view.getInt32(at, true)));
      return;
    case 0x35:
      stack.push(BigInt(view.getUint32(at, true)));
      return;
    case 0x36: // i32.store, f32.store
    case 0x38:
      view.setInt32(at, value as number, true);
      return;
    case 0x37: // i64.store, f64.store
    case 0x39:
      view.setBigInt64(at, value as bigint, true);
      return;
    case 0x3a:
      view.setInt8(at, value as number);
      return;
    case 0x3b:
      view.setInt16(at, value as number, true);
      return;
    case 0x3c:
      view.setInt8(at, Number(BigInt.asIntN(8, value as bigint)));
      return;
    case 0x3d:
      view.setInt16(at, Number(BigInt.asIntN(16, value as bigint)), true);
      return;
    default:
      view.setInt32(at, Number(BigInt.asIntN(32, value as bigint)), true);
  }
}

export function vectorStep({ op, a, b, x }: Instruction, instance: Instance, stack: Value[]): void {
  const sub = op & 0xfff;
  const immediate = x?.kind === "bytes" ? x.bytes : null;
  if (sub === 0x0c) {
    stack.push(immediate!);
    return;
  }
  const operator = vectorOperator(sub, operatorHasLane(sub) ? a : 0, immediate);
  const { scratch, parameters, result, width, stores, run } = operator;
  const view = new DataView(scratch.buffer);
  for (let i = parameters.length - 1; i >= 0; i--) {
    const value = stack.pop()!;
    if (typeof value === "number") view.setInt32(16 * i, value, true);
    else if (typeof value === "bigint") view.setBigInt64(16 * i, value, true);
    else scratch.set(value as Uint8Array, 16 * i);
  }
  if (width > 0) {
    const memory = instance.memories[b]!;
    const at = address(memory, stack.pop()!, (x as { offset: bigint }).offset, width);
    scratch.set(memory.bytes.subarray(at, at + width), 64);
    run();
    if (stores) {
      memory.bytes.set(scratch.subarray(64, 64 + width), at);
      return;
    }
  } else run();
  if (result === "v") stack.push(scratch.slice(128, 144));
  else stack.push(result === "i" || result === "f" ? view.getInt32(128, true) : view.getBigInt64(128, true));
}

const operatorHasLane = (sub: number) => (sub >= 0x15 && sub <= 0x22) || (sub >= 0x54 && sub <= 0x5b);
