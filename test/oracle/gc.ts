/** Job: structs, arrays, i31 and casts; the bulk operators among them add their length after they succeed. Never: collect. */
import type { ValueType } from "./decode.ts";
import type { Instruction } from "./instructions.ts";
import { matchesReference } from "./references.ts";
import { Aggregate, defaultValue, I31, type Instance, type Reference, Trap, Unsupported, type Value } from "./store.ts";

const mostItems = 1_000_000;
const sizes: Readonly<Record<string, number>> = { i8: 1, i16: 2, i32: 4, f32: 4, i64: 8, f64: 8, v128: 16 };

/** The value that a field of a packed type keeps. */
function packed(type: ValueType, value: Value): Value {
  if (type === "i8") return (value as number) & 0xff;
  return type === "i16" ? (value as number) & 0xffff : value;
}

function fromBytes(type: ValueType, bytes: Uint8Array, at: number): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  switch (sizes[type]) {
    case 1:
      return view.getUint8(0);
    case 2:
      return view.getUint16(0, true);
    case 4:
      return view.getInt32(0, true);
    case 8:
      return view.getBigInt64(0, true);
    default:
      return bytes.slice(at, at + 16);
  }
}

export function aggregate({ op, a, b, x }: Instruction, instance: Instance, stack: Value[]): void {
  const { meter } = instance;
  const pop = () => stack.pop()!;
  const shape = instance.module.types[a];
  const element = shape?.fields[0]?.type ?? "i32";
  const make = (items: Value[]) => stack.push(new Aggregate(instance.types[a]!, shape!, items));
  const count = () => {
    const n = (pop() as number) >>> 0;
    return n;
  };
  const limited = (n: number) => {
    if (n > mostItems) throw new Unsupported(`an array of ${n} elements`);
    return n;
  };
  const popAggregate = (): Aggregate => {
    const value = pop() as Reference;
    if (value === null) throw new Trap("null reference");
    return value as Aggregate;
  };
  const bounds = (start: number, length: number, limit: number, what: string) => {
    if (start + length > limit) throw new Trap(`out of bounds ${what}`);
  };
  const fromData = (type: ValueType, segment: number, from: number, n: number): Value[] => {
    const size = sizes[type]!;
    const bytes = instance.data[segment]!;
    bounds(from, n * size, bytes.length, "memory");
    return Array.from({ length: n }, (_, i) => fromBytes(type, bytes, from + i * size));
  };
  const fromElements = (segment: number, from: number, n: number): Value[] => {
    bounds(from, n, instance.elements[segment]!.length, "table");
    return instance.elements[segment]!.slice(from, from + n);
  };
  const extend = (type: ValueType, value: Value, signed: boolean): Value => {
    if (!signed) return value;
    return type === "i8" ? ((value as number) << 24) >> 24 : ((value as number) << 16) >> 16;
  };
  switch (op & 0xfff) {
    case 0: {
      // struct.new
      const { fields } = shape!;
      const items = fields.length === 0 ? [] : stack.splice(-fields.length);
      make(items.map((value, i) => packed(fields[i]!.type, value)));
      return;
    }
    case 1:
      make(shape!.fields.map(({ type }) => defaultValue(type)));
      return;
    case 2: // struct.get, struct.get_s, struct.get_u
    case 3:
    case 4:
      stack.push(extend(shape!.fields[b]!.type, popAggregate().items[b]!, (op & 0xfff) === 3));
      return;
    case 5: {
      const value = pop();
      popAggregate().items[b] = packed(shape!.fields[b]!.type, value);
      return;
    }
    case 6: {
      // array.new
      const n = limited(count());
      const value = packed(element, pop());
      make(new Array<Value>(n).fill(value));
      meter.consumed += n;
      return;
    }
    case 7: {
      const n = limited(count());
      make(new Array<Value>(n).fill(defaultValue(element)));
      meter.consumed += n;
      return;
    }
    case 8: // array.new_fixed
      make((b === 0 ? [] : stack.splice(-b)).map((value) => packed(element, value)));
      return;
    case 9: // array.new_data, array.new_elem
    case 10: {
      const n = count();
      const from = count();
      make((op & 0xfff) === 9 ? fromData(element, b, from, n) : fromElements(b, from, n));
      meter.consumed += n;
      return;
    }
    case 11: // array.get, array.get_s, array.get_u
    case 12:
    case 13: {
      const index = count();
      const array = popAggregate();
      bounds(index, 1, array.items.length, "array");
      stack.push(extend(element, array.items[index]!, (op & 0xfff) === 12));
      return;
    }
    case 14: {
      const value = pop();
      const index = count();
      const array = popAggregate();
      bounds(index, 1, array.items.length, "array");
      array.items[index] = packed(element, value);
      return;
    }
    case 15:
      stack.push(popAggregate().items.length);
      return;
    case 16: {
      // array.fill
      const n = count();
      const value = packed(element, pop());
      const start = count();
      const array = popAggregate();
      bounds(start, n, array.items.length, "array");
      array.items.fill(value, start, start + n);
      meter.consumed += n;
      return;
    }
    case 17: {
      // array.copy
      const n = count();
      const from = count();
      const source = pop() as Reference;
      const to = count();
      const target = pop() as Reference;
      if (source === null || target === null) throw new Trap("null reference");
      const [there, here] = [target as Aggregate, source as Aggregate];
      bounds(from, n, here.items.length, "array");
      bounds(to, n, there.items.length, "array");
      const moved = here.items.slice(from, from + n);
      for (let i = 0; i < n; i++) there.items[to + i] = moved[i]!;
      meter.consumed += n;
      return;
    }
    case 18: // array.init_data, array.init_elem
    case 19: {
      const n = count();
      const from = count();
      const to = count();
      const array = popAggregate();
      bounds(to, n, array.items.length, "array");
      const values = (op & 0xfff) === 18 ? fromData(element, b, from, n) : fromElements(b, from, n);
      for (let i = 0; i < n; i++) array.items[to + i] = values[i]!;
      meter.consumed += n;
      return;
    }
    case 20: // ref.test
    case 21: {
      const { types } = x as { types: readonly string[] };
      stack.push(matchesReference(pop() as Reference, types[0]!, instance) ? 1 : 0);
      return;
    }
    case 22: // ref.cast
    case 23: {
      const { types } = x as { types: readonly string[] };
      if (!matchesReference(stack.at(-1) as Reference, types[0]!, instance)) throw new Trap("cast failure");
      return;
    }
    case 26: // any.convert_extern, extern.convert_any
    case 27:
      return;
    case 28: // ref.i31
      stack.push(new I31(pop() as number));
      return;
    case 29: // i31.get_s, i31.get_u
    case 30: {
      const value = pop() as I31 | null;
      if (value === null) throw new Trap("null reference");
      stack.push((op & 0xfff) === 29 ? (value.value << 1) >> 1 : value.value);
      return;
    }
    default:
      throw new Unsupported(`operator ${op.toString(16)}`);
  }
}
