/** Job: records and tuples: fields one after the other. Never: parameters (see signature.ts). */
import type { ComponentValue } from "../value.ts";
import type { Codec } from "./codec.ts";
import { array, object } from "./expect.ts";
import { type Layout, sequence } from "./layout.ts";

export interface Part {
  readonly layout: Layout;
  readonly codec: Codec;
}

/** Parts with where each begins: in memory, and among core values. */
export function placed<Each extends Part>(parts: readonly Each[]) {
  const { offsets } = sequence(parts.map(({ layout }) => layout));
  let flat = 0;
  return parts.map((part, index) => {
    const at = flat;
    flat += part.layout.flat?.length ?? 0;
    return { ...part, offset: offsets[index]!, at };
  });
}

export function recordCodec(parts: readonly (Part & { readonly name: string })[]): Codec {
  const fields = placed(parts);
  return {
    load(context, address) {
      const record: Record<string, ComponentValue> = Object.create(null);
      for (const { name, codec, offset } of fields) record[name] = codec.load(context, address + offset);
      return record;
    },
    store(context, value, address) {
      const record = object(value, "record");
      for (const { name, codec, offset } of fields) codec.store(context, record[name]!, address + offset);
    },
    lift(context, flat, from) {
      const record: Record<string, ComponentValue> = Object.create(null);
      for (const { name, codec, at } of fields) record[name] = codec.lift(context, flat, from + at);
      return record;
    },
    lower(context, value, flat) {
      const record = object(value, "record");
      for (const { name, codec } of fields) codec.lower(context, record[name]!, flat);
    },
  };
}

export function tupleCodec(parts: readonly Part[]): Codec {
  const elements = placed(parts);
  const { length } = elements;
  return {
    load: (context, address) => elements.map(({ codec, offset }) => codec.load(context, address + offset)),
    store(context, value, address) {
      const values = array(value, length, "tuple");
      for (let index = 0; index < length; index++) {
        const { codec, offset } = elements[index]!;
        codec.store(context, values[index]!, address + offset);
      }
    },
    lift: (context, flat, from) => elements.map(({ codec, at }) => codec.lift(context, flat, from + at)),
    lower(context, value, flat) {
      const values = array(value, length, "tuple");
      for (let index = 0; index < length; index++) elements[index]!.codec.lower(context, values[index]!, flat);
    },
  };
}
