/**
 * Job: read value types and the type section, as far as a meter needs them: how many operands a function type takes and
 * gives, and where its result types stand in the input.
 * Never: check subtyping (the engine did).
 * https://webassembly.github.io/spec/core/binary/types.html
 */
import { InstrumentError } from "../errors.ts";
import type { Reader } from "./reader.ts";

/** A span of the input: from `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FunctionType {
  readonly kind: "function";
  readonly params: number;
  readonly results: number;
  /** The value types, without their counts. */
  readonly paramTypes: Span;
  readonly resultTypes: Span;
  /** Takes or gives a reference through which functions can travel between modules. */
  readonly references: boolean;
}
export interface DataType {
  readonly kind: "struct" | "array";
}
export type CompositeType = FunctionType | DataType;

/** Passes over one value type and says whether it is a reference that can lead to a function. */
export function skipValueType(reader: Reader): boolean {
  const at = reader.position;
  const byte = reader.byte();
  if (byte === 0x63 || byte === 0x64) {
    reader.s33();
    return true;
  }
  if (byte >= 0x7b && byte <= 0x7f) return false;
  // externref, noextern, exnref and noexn cannot be turned into a function by the module that gets them.
  if (byte >= 0x69 && byte <= 0x74) return byte !== 0x6f && byte !== 0x72 && byte !== 0x69 && byte !== 0x74;
  if (byte === 0x65 || byte === 0x62 || byte === 0x61)
    throw new InstrumentError("unsupported", `value type 0x${byte.toString(16)} is not supported`, at);
  return reader.fail(`0x${byte.toString(16)} is no value type`, at);
}

function skipFieldType(reader: Reader): void {
  const byte = reader.bytes[reader.position];
  if (byte === 0x77 || byte === 0x78) reader.byte();
  else skipValueType(reader);
  reader.byte();
}

function readValueTypes(reader: Reader): { count: number; span: Span; references: boolean } {
  const count = reader.count("value types");
  const start = reader.position;
  let references = false;
  for (let i = 0; i < count; i++) if (skipValueType(reader)) references = true;
  return { count, span: { start, end: reader.position }, references };
}

function readCompositeType(reader: Reader, form: number, at: number): CompositeType {
  switch (form) {
    case 0x60: {
      const params = readValueTypes(reader);
      const results = readValueTypes(reader);
      return {
        kind: "function",
        params: params.count,
        results: results.count,
        paramTypes: params.span,
        resultTypes: results.span,
        references: params.references || results.references,
      };
    }
    case 0x5f: {
      const fields = reader.count("fields", 2);
      for (let i = 0; i < fields; i++) skipFieldType(reader);
      return { kind: "struct" };
    }
    case 0x5e:
      skipFieldType(reader);
      return { kind: "array" };
    default:
      throw new InstrumentError("unsupported", `type form 0x${form.toString(16)} is not supported`, at);
  }
}

function readSubType(reader: Reader): CompositeType {
  let at = reader.position;
  let form = reader.byte();
  if (form === 0x50 || form === 0x4f) {
    const supertypes = reader.count("supertypes");
    for (let i = 0; i < supertypes; i++) reader.u32();
    at = reader.position;
    form = reader.byte();
  }
  return readCompositeType(reader, form, at);
}

/** All types in index order, recursion groups laid flat. */
export function readTypes(reader: Reader): { types: CompositeType[]; groups: number } {
  const types: CompositeType[] = [];
  const groups = reader.count("types");
  for (let i = 0; i < groups; i++) {
    if (reader.bytes[reader.position] === 0x4e) {
      reader.byte();
      const members = reader.count("types of a recursion group");
      for (let j = 0; j < members; j++) types.push(readSubType(reader));
    } else types.push(readSubType(reader));
  }
  return { types, groups };
}
