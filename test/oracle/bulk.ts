/**
 * Job: tables, growth and the bulk operators; each adds its length to what was consumed once it has succeeded.
 * Never: add anything when it fails or traps.
 */
import type { Instruction } from "./instructions.ts";
import { type Instance, type Memory, type Reference, type Table, Trap, Unsupported, type Value } from "./store.ts";

/** An address, size or index as an unsigned number; anything above 2^53 is out of every bound and stays so. */
const unsigned = (value: Value): number =>
  typeof value === "bigint" ? Number(BigInt.asUintN(64, value)) : (value as number) >>> 0;
const sized = (is64: boolean, value: number): Value => (is64 ? BigInt(value) : value | 0);
const mostElements = 1_000_000;

function inBounds(start: number, length: number, limit: number, what: string): void {
  if (start + length > limit) throw new Trap(`out of bounds ${what}`);
}

export function bulk({ op, a, b }: Instruction, instance: Instance, stack: Value[]): void {
  const { meter } = instance;
  const pop = () => stack.pop()!;
  const memory = (index: number): Memory => instance.memories[index]!;
  const table = (index: number): Table => instance.tables[index]!;
  switch (op) {
    case 0x25: {
      const { items } = table(a);
      const index = unsigned(pop());
      inBounds(index, 1, items.length, "table");
      stack.push(items[index]!);
      return;
    }
    case 0x26: {
      const value = pop() as Reference;
      const index = unsigned(pop());
      inBounds(index, 1, table(a).items.length, "table");
      table(a).items[index] = value;
      return;
    }
    case 0x3f:
      stack.push(sized(memory(a).is64, memory(a).pages));
      return;
    case 0x40: {
      const by = unsigned(pop());
      const old = memory(a).grow(BigInt(by));
      if (old >= 0) meter.consumed += by;
      stack.push(sized(memory(a).is64, old));
      return;
    }
    case 0xfc008: {
      // memory.init
      const length = unsigned(pop());
      const from = unsigned(pop());
      const to = unsigned(pop());
      inBounds(from, length, instance.data[a]!.length, "memory");
      inBounds(to, length, memory(b).bytes.length, "memory");
      memory(b).bytes.set(instance.data[a]!.subarray(from, from + length), to);
      meter.consumed += length;
      return;
    }
    case 0xfc009:
      instance.data[a] = new Uint8Array();
      return;
    case 0xfc00a: {
      // memory.copy
      const length = unsigned(pop());
      const from = unsigned(pop());
      const to = unsigned(pop());
      inBounds(from, length, memory(b).bytes.length, "memory");
      inBounds(to, length, memory(a).bytes.length, "memory");
      memory(a).bytes.set(memory(b).bytes.slice(from, from + length), to);
      meter.consumed += length;
      return;
    }
    case 0xfc00b: {
      // memory.fill
      const length = unsigned(pop());
      const value = pop() as number;
      const to = unsigned(pop());
      inBounds(to, length, memory(a).bytes.length, "memory");
      memory(a).bytes.fill(value & 0xff, to, to + length);
      meter.consumed += length;
      return;
    }
    case 0xfc00c: {
      // table.init
      const length = unsigned(pop());
      const from = unsigned(pop());
      const to = unsigned(pop());
      inBounds(from, length, instance.elements[a]!.length, "table");
      inBounds(to, length, table(b).items.length, "table");
      for (let i = 0; i < length; i++) table(b).items[to + i] = instance.elements[a]![from + i]!;
      meter.consumed += length;
      return;
    }
    case 0xfc00d:
      instance.elements[a] = [];
      return;
    case 0xfc00e: {
      // table.copy
      const length = unsigned(pop());
      const from = unsigned(pop());
      const to = unsigned(pop());
      inBounds(from, length, table(b).items.length, "table");
      inBounds(to, length, table(a).items.length, "table");
      const moved = table(b).items.slice(from, from + length);
      for (let i = 0; i < length; i++) table(a).items[to + i] = moved[i]!;
      meter.consumed += length;
      return;
    }
    case 0xfc00f: {
      // table.grow
      const by = unsigned(pop());
      const value = pop() as Reference;
      const { items, maximum, is64 } = table(a);
      const old = items.length;
      const fits = old + by <= maximum;
      if (fits && old + by > mostElements) throw new Unsupported(`growing a table by ${by} elements`);
      if (fits) {
        for (let i = 0; i < by; i++) items.push(value);
        meter.consumed += by;
      }
      stack.push(sized(is64, fits ? old : -1));
      return;
    }
    case 0xfc010:
      stack.push(sized(table(a).is64, table(a).items.length));
      return;
    case 0xfc011: {
      // table.fill
      const length = unsigned(pop());
      const value = pop() as Reference;
      const to = unsigned(pop());
      inBounds(to, length, table(a).items.length, "table");
      table(a).items.fill(value, to, to + length);
      meter.consumed += length;
      return;
    }
    default:
      throw new Unsupported(`operator ${op.toString(16)}`);
  }
}
