/**
 * Job: call an export with exact bits: numbers go through the memory of a small module made for the signature, since
 * JavaScript cannot hold NaN payloads and the API cannot pass v128. Never: touch references (they pass as they are).
 */

import type { CompositeType, ValueType } from "../oracle/decode.ts";
import { module as encode, name, section, u, vector } from "../support/encode.ts";
import type { Passed } from "./values.ts";

/** The type's byte, and the operators that load and store it (with alignment 0 and an offset to follow). */
const numbers: Record<string, { type: number; load: number[]; store: number[] }> = {
  i32: { type: 0x7f, load: [0x28], store: [0x36] },
  i64: { type: 0x7e, load: [0x29], store: [0x37] },
  f32: { type: 0x7d, load: [0x2a], store: [0x38] },
  f64: { type: 0x7c, load: [0x2b], store: [0x39] },
  v128: { type: 0x7b, load: [0xfd, 0], store: [0xfd, 0x0b] },
};
const heaps: Record<string, number> = {
  nofunc: 0x73,
  noextern: 0x72,
  none: 0x71,
  func: 0x70,
  extern: 0x6f,
  any: 0x6e,
  eq: 0x6d,
  i31: 0x6c,
  struct: 0x6b,
  array: 0x6a,
  exn: 0x69,
  noexn: 0x74,
};

function typeBytes(type: ValueType): number[] | null {
  const number = numbers[type];
  if (number !== undefined) return [number.type];
  const heap = heaps[type.split(" ").at(-1)!];
  return heap === undefined ? null : [type.startsWith("ref null") ? 0x63 : 0x64, heap];
}

/** Exception references cannot cross into JavaScript, not even null: the adaptor tells only whether they are null. */
const isException = (type: ValueType) => /exn$/.test(type);
const isReference = (type: ValueType) => numbers[type] === undefined && !isException(type);

const compiled = new Map<string, WebAssembly.Module | null>();

/** The adaptor of a signature, or null where a plain call passes everything exactly or the signature names types of its module. */
function adaptor({ parameters, results }: CompositeType): WebAssembly.Module | null {
  const key = `${parameters}->${results}`;
  if (![...parameters, ...results].some((type) => /^f|^v|exn$/.test(type))) return null;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = build(parameters, results);
  compiled.set(key, made);
  return made;
}

function build(parameters: readonly ValueType[], results: readonly ValueType[]): WebAssembly.Module | null {
  const from = parameters.map(typeBytes);
  const to = results.map(typeBytes);
  if (![...from, ...to].every((bytes) => bytes !== null)) return null;
  const references = (types: readonly ValueType[]) => types.filter(isReference).map((type) => typeBytes(type)!);
  const list = (types: readonly (number[] | null)[]) => vector(types as number[][]);
  const inner = [0x60, ...list(from), ...list(to)];
  const outer = [0x60, ...vector(references(parameters)), ...vector(references(results))];
  const body: number[] = [];
  let reference = 0;
  parameters.forEach((type, i) => {
    const number = numbers[type];
    if (number === undefined) body.push(0x20, ...u(reference++));
    else body.push(0x41, 0, ...number.load, 0, ...u(16 * i));
  });
  body.push(0x10, 0);
  // Results come off the stack last first; each has a local of its own.
  const local = (i: number) => u(reference + i);
  for (let i = results.length - 1; i >= 0; i--)
    body.push(...(isException(results[i]!) ? [0xd1] : []), 0x21, ...local(i));
  results.forEach((type, i) => {
    const number = numbers[isException(type) ? "i32" : type];
    if (number === undefined) body.push(0x20, ...local(i), ...(type.startsWith("ref null") ? [] : [0xd4]));
    else body.push(0x41, 0, 0x20, ...local(i), ...number.store, 0, ...u(16 * i));
  });
  const local1 = (type: ValueType) => (isReference(type) ? [0x63, heaps[type.split(" ").at(-1)!]!] : typeBytes(type)!);
  const locals = vector(results.map((type) => [1, ...local1(isException(type) ? "i32" : type)]));
  const content = [...locals, ...body, 0x0b];
  return new WebAssembly.Module(
    encode([
      section(1, vector([inner, outer])),
      section(2, vector([[...name(""), ...name("f"), 0, 0]])),
      section(3, vector([[1]])),
      section(5, vector([[0, 1]])),
      section(
        7,
        vector([
          [...name("call"), 0, 1],
          [...name("memory"), 2, 0],
        ]),
      ),
      section(10, vector([[...u(content.length), ...content]])),
    ]),
  );
}

/** Calls `callee`, an exported function of type `type`. */
export function invoke(
  callee: (...values: unknown[]) => unknown,
  type: CompositeType,
  values: readonly Passed[],
): Passed[] {
  const instance = adapted(callee, type);
  const spread = (value: unknown, count: number) => (count === 0 ? [] : count === 1 ? [value] : (value as unknown[]));
  if (instance === null) {
    const plain = values.map((value, i) =>
      value instanceof Uint8Array ? toPlain(type.parameters[i]!, value) : value.reference,
    );
    return spread(callee(...plain), type.results.length).map((value, i) => fromPlain(type.results[i]!, value));
  }
  const { exports } = instance;
  const memory = new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer);
  values.forEach((value, i) => {
    if (value instanceof Uint8Array) memory.set(value, 16 * i);
  });
  const references = values.flatMap((value) => (value instanceof Uint8Array ? [] : [value.reference]));
  const returned = spread(
    (exports["call"] as (...values: unknown[]) => unknown)(...references),
    type.results.filter(isReference).length,
  );
  return type.results.map((result, i) => {
    if (isException(result)) return { reference: memory[16 * i] === 1 ? null : "exception" };
    return isReference(result) ? { reference: returned.shift() } : masked(result, memory.slice(16 * i, 16 * i + 16));
  });
}

function adapted(callee: unknown, type: CompositeType): WebAssembly.Instance | null {
  const made = adaptor(type);
  if (made === null) return null;
  try {
    return new WebAssembly.Instance(made, { "": { f: callee as WebAssembly.ImportValue } });
  } catch (error) {
    // A function of a declared (not final) type is no import of the plain type.
    if (error instanceof WebAssembly.LinkError) return null;
    throw error;
  }
}

/** Only the bytes that belong to the type. */
function masked(type: ValueType, bytes: Uint8Array): Uint8Array {
  return type === "v128" ? bytes : bytes.fill(0, type.endsWith("32") ? 4 : 8);
}

function toPlain(type: ValueType, bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (type === "i64") return view.getBigInt64(0, true);
  if (type === "f32") return view.getFloat32(0, true);
  return type === "f64" ? view.getFloat64(0, true) : view.getInt32(0, true);
}

function fromPlain(type: ValueType, value: unknown): Passed {
  if (numbers[type] === undefined) return { reference: value };
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  if (type === "i64") view.setBigInt64(0, value as bigint, true);
  else if (type === "f32") view.setFloat32(0, value as number, true);
  else if (type === "f64") view.setFloat64(0, value as number, true);
  else view.setInt32(0, value as number, true);
  return bytes;
}
