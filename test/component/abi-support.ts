/** Job: lift and lower on a memory of the test's own, without a guest. Never: decide what is right. */
import { Context, type Encoding } from "../../packages/host/src/component/abi/context.ts";
import type { Type, Types } from "../../packages/host/src/component/abi/types.ts";
import { defaultLimits } from "../../packages/host/src/component/limits.ts";
import { InstanceState, Store } from "../../packages/host/src/component/store.ts";
import type { ComponentValue } from "../../packages/host/src/component/value.ts";

/** A type as the vectors write it. */
export type WrittenType =
  | { readonly kind: "list"; readonly element: WrittenType; readonly length: number | null }
  | { readonly kind: "record"; readonly fields: readonly { readonly name: string; readonly type: WrittenType }[] }
  | { readonly kind: "tuple"; readonly elements: readonly WrittenType[] }
  | {
      readonly kind: "variant";
      readonly cases: readonly { readonly name: string; readonly type: WrittenType | null }[];
    }
  | { readonly kind: "enum" | "flags"; readonly names: readonly string[] }
  | { readonly kind: "option"; readonly element: WrittenType }
  | { readonly kind: "result"; readonly ok: WrittenType | null; readonly error: WrittenType | null }
  | { readonly kind: Primitive };
export type Primitive = (typeof primitives)[number];
export const primitives = [
  ...(["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"] as const),
  ...(["f32", "f64", "char", "string"] as const),
];

export function typeOf(written: WrittenType, types: Types): Type {
  const of = (each: WrittenType) => typeOf(each, types);
  const optional = (each: WrittenType | null) => (each === null ? null : of(each));
  switch (written.kind) {
    case "list":
      return types.list(of(written.element), written.length);
    case "record":
      return types.record(written.fields.map(({ name, type }) => ({ name, type: of(type) })));
    case "tuple":
      return types.tuple(written.elements.map(of));
    case "variant":
      return types.variant(written.cases.map(({ name, type }) => ({ name, type: optional(type) })));
    case "enum":
      return types.enum(written.names);
    case "flags":
      return types.flags(written.names);
    case "option":
      return types.option(of(written.element));
    case "result":
      return types.result(optional(written.ok), optional(written.error));
    default:
      return types.primitive(written.kind);
  }
}

/** A guest of one memory, whose realloc hands out what comes next from address 8192. */
export function guest(encoding: Encoding) {
  const store = new Store(defaultLimits);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const state = { next: 8192 };
  const realloc = (...[, , alignment, size]: readonly (number | bigint)[]) => {
    const at = Math.ceil(state.next / Number(alignment)) * Number(alignment);
    state.next = at + Number(size);
    return at;
  };
  const context = new Context(store, new InstanceState(null, store.handles), { memory, realloc, encoding });
  context.refresh();
  return { store, context, state, bytes: new Uint8Array(memory.buffer) };
}

/** A value as the vectors write it, as JavaScript's. */
export function valueFrom(type: WrittenType, json: unknown): ComponentValue {
  switch (type.kind) {
    case "s64":
    case "u64":
      return BigInt(json as string);
    case "f32":
    case "f64":
      return float(type.kind, json as string);
    case "list": {
      const values = (json as unknown[]).map((each) => valueFrom(type.element, each));
      return type.element.kind === "u8" ? Uint8Array.from(values as number[]) : values;
    }
    case "record":
      return Object.fromEntries(
        type.fields.map((field) => [field.name, valueFrom(field.type, (json as Record<string, unknown>)[field.name])]),
      );
    case "tuple":
      return type.elements.map((element, index) => valueFrom(element, (json as unknown[])[index]));
    case "option": {
      if (json === null) return null;
      const inner = valueFrom(type.element, (json as { some: unknown }).some);
      return type.element.kind === "option" ? { some: inner } : inner;
    }
    case "variant":
    case "result": {
      const { tag, val } = json as { tag: string; val?: unknown };
      const payload =
        type.kind === "variant"
          ? type.cases.find(({ name }) => name === tag)!.type
          : tag === "ok"
            ? type.ok
            : type.error;
      return payload ? { tag, val: valueFrom(payload, val) } : { tag };
    }
    default:
      return json as ComponentValue;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

/** From the text of its bits. */
function float(kind: "f32" | "f64", bits: string): number {
  scratch.setBigUint64(0, BigInt(`0x${bits}`));
  return kind === "f32" ? scratch.getFloat32(4) : scratch.getFloat64(0);
}

/** As the vectors write core values. */
export function coreText(value: number | bigint, type: string): string {
  if (type === "i32") return String(Number(value) >>> 0);
  if (type === "i64") return String(BigInt.asUintN(64, value as bigint));
  if (type === "f32") scratch.setFloat32(4, value as number);
  else scratch.setFloat64(0, value as number);
  const bits = type === "f32" ? scratch.getUint32(4).toString(16) : scratch.getBigUint64(0).toString(16);
  return bits.padStart(type === "f32" ? 8 : 16, "0");
}
