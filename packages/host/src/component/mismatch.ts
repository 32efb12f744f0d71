/** Job: say where in an argument something does not fit its type, before a guest runs. Never: convert. */
import { show } from "./abi/expect.ts";
import type { FunctionType, Type } from "./abi/types.ts";
import { GuestResource } from "./resources.ts";
import type { ComponentValue, RecordValue, VariantValue } from "./value.ts";

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  u8: [0, 0xff],
  s8: [-0x80, 0x7f],
  u16: [0, 0xffff],
  s16: [-0x8000, 0x7fff],
  u32: [0, 0xffffffff],
  s32: [-0x80000000, 0x7fffffff],
};

/** Null: they fit. */
export function argumentMismatch(type: FunctionType, values: readonly ComponentValue[]): string | null {
  const { parameters } = type;
  if (values.length !== parameters.length)
    return `the function takes ${parameters.length} arguments (${parameters.map(({ name }) => name).join(", ")}); ${values.length} are given`;
  for (const [index, { name, type: wanted }] of parameters.entries()) {
    const wrong = mismatchOf(wanted, values[index], name);
    if (wrong !== null) return wrong;
  }
  return null;
}

function mismatchOf(type: Type, value: ComponentValue | undefined, path: string): string | null {
  const no = (wanted: string) => `${path}: ${wanted} is wanted, not ${show(value)}`;
  switch (type.kind) {
    case "bool":
      return typeof value === "boolean" ? null : no("true or false");
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32": {
      const [least, most] = ranges[type.kind]!;
      const fits = typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
      return fits ? null : no(`${type.kind} (an integer from ${least} to ${most})`);
    }
    case "u64":
      return typeof value === "bigint" && BigInt.asUintN(64, value) === value ? null : no("u64 (a bigint from 0n)");
    case "s64":
      return typeof value === "bigint" && BigInt.asIntN(64, value) === value ? null : no("s64 (a bigint)");
    case "f32":
    case "f64":
      return typeof value === "number" ? null : no(`${type.kind} (a number)`);
    case "char":
      return typeof value === "string" && value.isWellFormed() && [...value.slice(0, 3)].length === 1
        ? null
        : no("char (a string of one code point)");
    case "string":
      return typeof value === "string" ? null : no("string");
    case "list":
    case "tuple":
      return sequenceMismatch(type, value, path, no);
    case "record": {
      if (!isObject(value)) return no("record (an object)");
      return first(type.fields, (field) =>
        mismatchOf(field.type, (value as RecordValue)[field.name], `${path}.${field.name}`),
      );
    }
    case "flags":
      return isObject(value) ? null : no("flags (an object of booleans)");
    case "enum":
      return type.names.includes(value as string) ? null : no(`one of ${type.names.join(", ")}`);
    case "variant":
      return caseMismatch(type.cases, value, path, no);
    case "result": {
      const cases = [
        { name: "ok", type: type.ok },
        { name: "err", type: type.error },
      ];
      return caseMismatch(cases, value, path, no);
    }
    case "option":
      if (value === null || value === undefined) return null;
      if (type.element.kind !== "option") return mismatchOf(type.element, value, path);
      if (!isObject(value) || !("some" in value)) return no("null or { some }");
      return mismatchOf(type.element, (value as { some: ComponentValue }).some, `${path}.some`);
    case "own":
    case "borrow":
      if (!type.resource.owner) return isObject(value) ? null : no("an object that stands for a resource");
      if (!(value instanceof GuestResource) || value.type !== type.resource) return no("a resource of that type");
      return type.kind === "own" && !value.owned ? no("a resource that is owned") : null;
  }
}

function sequenceMismatch(
  type: Extract<Type, { kind: "list" | "tuple" }>,
  value: ComponentValue | undefined,
  path: string,
  no: (wanted: string) => string,
): string | null {
  const length = type.kind === "tuple" ? type.elements.length : type.length;
  const wanted = length === null ? "an array" : `an array of ${length}`;
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && !(value instanceof DataView))) return no(wanted);
  const values = value as readonly ComponentValue[];
  if (length !== null && values.length !== length) return no(wanted);
  if (type.kind === "tuple")
    return first(type.elements, (element, index) => mismatchOf(element, values[index], `${path}[${index}]`));
  if (type.element.kind === "u8" && value instanceof Uint8Array) return null;
  for (let index = 0; index < values.length; index++) {
    const wrong = mismatchOf(type.element, values[index], `${path}[${index}]`);
    if (wrong !== null) return wrong;
  }
  return null;
}

function caseMismatch(
  cases: readonly { readonly name: string; readonly type: Type | null }[],
  value: ComponentValue | undefined,
  path: string,
  no: (wanted: string) => string,
): string | null {
  const { tag, val } = isObject(value) ? (value as unknown as VariantValue) : { tag: undefined, val: undefined };
  const found = cases.find(({ name }) => name === tag);
  if (!found) return no(`{ tag } with one of ${cases.map(({ name }) => name).join(", ")}`);
  return found.type && mismatchOf(found.type, val, `${path}.${found.name}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function first<Each>(all: readonly Each[], of: (each: Each, index: number) => string | null): string | null {
  for (const [index, each] of all.entries()) {
    const found = of(each, index);
    if (found !== null) return found;
  }
  return null;
}
