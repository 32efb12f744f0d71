/** Job: lists of any and of fixed length; bytes and numbers go in bulk. Never: keep a view of guest memory. */
import { ComponentValueError, trap } from "../errors.ts";
import { maxBytes } from "../limits.ts";
import type { ComponentValue } from "../value.ts";
import type { Codec } from "./codec.ts";
import type { Context } from "./context.ts";
import { unsigned } from "./core.ts";
import { array } from "./expect.ts";
import { elementWeight, type Type } from "./types.ts";

/** How elements lie side by side, from a checked address. */
interface Elements {
  load(context: Context, address: number, length: number): ComponentValue;
  store(context: Context, values: ArrayLike<ComponentValue>, address: number): void;
}

export function listCodec(type: Type, codec: Codec): Codec {
  const { size, alignment } = type.layout;
  const elements = elementsOf(type, codec);
  const each = elementWeight(type);

  const read = (context: Context, address: number, length: number) => {
    if (length * size > maxBytes) trap(`a list of ${length * size} bytes is longer than ${maxBytes}`);
    context.range(address, length * size, alignment);
    context.store.lift(length * each);
    return elements.load(context, address, length);
  };
  const write = (context: Context, value: ComponentValue): [address: number, length: number] => {
    const list = array(value, null, "list");
    if (list.length * size > maxBytes)
      throw new ComponentValueError(`a list of ${list.length * size} bytes is too long; the most is ${maxBytes}`);
    const address = context.allocate(list.length * size, alignment);
    elements.store(context, list, address);
    return [address, list.length];
  };

  return {
    load: (context, at) => read(context, context.view.getUint32(at, true), context.view.getUint32(at + 4, true)),
    store(context, value, at) {
      const [address, length] = write(context, value);
      context.view.setUint32(at, address, true);
      context.view.setUint32(at + 4, length, true);
    },
    lift: (context, flat, at) => read(context, unsigned(flat[at]), unsigned(flat[at + 1])),
    lower(context, value, flat) {
      flat.push(...write(context, value));
    },
  };
}

export function repeatedCodec(type: Type, codec: Codec, length: number): Codec {
  const elements = elementsOf(type, codec);
  const step = type.layout.flat?.length ?? 0;
  const name = `list of ${length}`;
  return {
    load: (context, at) => elements.load(context, at, length),
    store: (context, value, at) => elements.store(context, array(value, length, name), at),
    lift(context, flat, at) {
      const values: ComponentValue[] = [];
      for (let index = 0; index < length; index++) values.push(codec.lift(context, flat, at + index * step));
      return type.kind === "u8" ? Uint8Array.from(values as number[]) : values;
    },
    lower(context, value, flat) {
      const list = array(value, length, name);
      for (let index = 0; index < length; index++) codec.lower(context, list[index]!, flat);
    },
  };
}

/** Eight bytes for each element, in one piece. */
function arrayOf(context: Context, length: number): ComponentValue[] {
  context.store.allocate(8 * length);
  return new Array(length);
}

function elementsOf(type: Type, codec: Codec): Elements {
  const { size } = type.layout;
  const oneByOne: Elements = {
    load(context, address, length) {
      const values = arrayOf(context, length);
      for (let index = 0; index < length; index++) values[index] = codec.load(context, address + index * size);
      return values;
    },
    store(context, values, address) {
      const { length } = values;
      for (let index = 0; index < length; index++)
        codec.store(context, values[index] as ComponentValue, address + index * size);
    },
  };
  const numbers = littleEndian ? wholeNumbers[type.kind] : undefined;
  if (numbers) return bulk(numbers, oneByOne);
  if (type.kind !== "u8") return oneByOne;
  return {
    load: (context, address, length) => context.bytes.slice(address, address + length),
    store(context, values, address) {
      if (values instanceof Uint8Array) context.bytes.set(values, address);
      else oneByOne.store(context, values, address);
    },
  };
}

/** As memory holds them; floats are not here: each NaN is made canonical. */
const wholeNumbers: Readonly<Partial<Record<Type["kind"], NumbersType>>> = {
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  u64: BigUint64Array,
  s64: BigInt64Array,
};
type NumbersType = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayLike<number | bigint>;

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function bulk(kind: NumbersType, oneByOne: Elements): Elements {
  return {
    load(context, address, length) {
      const numbers = new kind(context.bytes.buffer, address, length);
      const values = arrayOf(context, length);
      for (let index = 0; index < length; index++) values[index] = numbers[index]!;
      return values;
    },
    store(context, values, address) {
      if (!(values instanceof kind)) oneByOne.store(context, values, address);
      else {
        const { byteLength, buffer, byteOffset } = values as unknown as Uint8Array;
        context.bytes.set(new Uint8Array(buffer, byteOffset, byteLength), address);
      }
    },
  };
}
