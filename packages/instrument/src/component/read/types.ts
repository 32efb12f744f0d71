/**
 * Job: read the types of components: values, functions, components, instances and resources, and what imports and exports
 * are said to be.
 * Source: Component Model, design/mvp/Binary.md, "Type Definitions".
 * Never: resolve an index to what it stands for, so that reading stays linear whatever types refer to.
 */

import { deepestNesting, mostFlags } from "../limits.ts";
import type {
  Declaration,
  DefinedType,
  ExternType,
  FunctionType,
  Labelled,
  Primitive,
  ValueShape,
  ValueType,
} from "../model.ts";
import { readTypeAlias } from "./aliases.ts";
import { skipCoreType } from "./core-types.ts";
import { type ComponentReader, hex, quoted } from "./reader.ts";
import { nameOnce, Scope } from "./scope.ts";

const primitives: ReadonlyMap<number, Primitive> = new Map([
  [0x7f, "bool"],
  [0x7e, "s8"],
  [0x7d, "u8"],
  [0x7c, "s16"],
  [0x7b, "u16"],
  [0x7a, "s32"],
  [0x79, "u32"],
  [0x78, "s64"],
  [0x77, "u64"],
  [0x76, "f32"],
  [0x75, "f64"],
  [0x74, "char"],
  [0x73, "string"],
]);

/** Types of proposals that are not supported. */
const refused: ReadonlyMap<number, string> = new Map([
  [0x66, "stream"],
  [0x65, "future"],
  [0x64, "error-context"],
  [0x63, "map"],
  [0x43, "async func"],
  [0x3e, "resource with an async destructor"],
]);

function refuseForm(form: number, what: string, reader: ComponentReader, at: number): never {
  const name = refused.get(form);
  if (name !== undefined) reader.unsupported(`the type ${name} (${hex(form)}) is not supported`, at);
  return reader.fail(`${hex(form)} is no ${what}`, at);
}

function valueType(reader: ComponentReader, scope: Scope): ValueType {
  const at = reader.position;
  const byte = reader.bytes[at] ?? 0;
  // One byte with the sign bit of a LEB128: no index begins so.
  if (at < reader.end && byte >= 0x40 && byte < 0x80) {
    reader.byte();
    return primitives.get(byte) ?? refuseForm(byte, "type of a value", reader, at);
  }
  return scope.typeIndex(reader);
}

function optional<Item>(reader: ComponentReader, read: () => Item): Item | null {
  const at = reader.position;
  const there = reader.byte();
  if (there > 1) reader.fail(`${hex(there)} says neither that something is there nor that it is not`, at);
  return there === 1 ? read() : null;
}

function notEmpty(what: string, count: number, reader: ComponentReader, at: number): void {
  if (count === 0) reader.invalid(`a ${what} is empty`, at);
}

function labels(what: string, reader: ComponentReader, at: number): string[] {
  const seen = new Set<string>();
  const names = reader.vector(`${what} names`, 2, () => {
    const at = reader.position;
    const name = reader.label();
    nameOnce(seen, `${what} name`, name, reader, at);
    return name;
  });
  notEmpty(what, names.length, reader, at);
  return names;
}

function labelled(what: string, reader: ComponentReader, scope: Scope): Labelled[] {
  const seen = new Set<string>();
  return reader.vector(`${what}s`, 3, () => {
    const at = reader.position;
    const name = reader.label();
    nameOnce(seen, what, name, reader, at);
    return { name, type: valueType(reader, scope) };
  });
}

function valueShape(form: number, reader: ComponentReader, scope: Scope, at: number): ValueShape {
  const primitive = primitives.get(form);
  if (primitive !== undefined) return { kind: "primitive", primitive };
  switch (form) {
    case 0x72: {
      const fields = labelled("field", reader, scope);
      notEmpty("record", fields.length, reader, at);
      return { kind: "record", fields };
    }
    case 0x71: {
      const seen = new Set<string>();
      const cases = reader.vector("cases", 4, () => {
        const at = reader.position;
        const name = reader.label();
        nameOnce(seen, "case", name, reader, at);
        const type = optional(reader, () => valueType(reader, scope));
        const endAt = reader.position;
        if (reader.byte() !== 0) reader.unsupported(`case ${quoted(name)} refines another: not supported`, endAt);
        return { name, type };
      });
      notEmpty("variant", cases.length, reader, at);
      return { kind: "variant", cases };
    }
    case 0x70:
      return { kind: "list", element: valueType(reader, scope), length: null };
    case 0x67: {
      const element = valueType(reader, scope);
      const lengthAt = reader.position;
      const length = reader.u32();
      if (length === 0) reader.invalid("a list of fixed length is empty", lengthAt);
      return { kind: "list", element, length };
    }
    case 0x6f: {
      const elements = reader.vector("elements of a tuple", 1, () => valueType(reader, scope));
      notEmpty("tuple", elements.length, reader, at);
      return { kind: "tuple", elements };
    }
    case 0x6e: {
      const names = labels("flags", reader, at);
      if (names.length > mostFlags)
        reader.invalid(`a flags type has ${names.length} names, at most ${mostFlags} are allowed`, at);
      return { kind: "flags", names };
    }
    case 0x6d:
      return { kind: "enum", names: labels("enum", reader, at) };
    case 0x6b:
      return { kind: "option", element: valueType(reader, scope) };
    case 0x6a: {
      const ok = optional(reader, () => valueType(reader, scope));
      const error = optional(reader, () => valueType(reader, scope));
      return { kind: "result", ok, error };
    }
    case 0x69:
      return { kind: "own", resource: scope.index("type", reader) };
    case 0x68:
      return { kind: "borrow", resource: scope.index("type", reader) };
    default:
      return refuseForm(form, "type", reader, at);
  }
}

function functionType(reader: ComponentReader, scope: Scope): FunctionType {
  const parameters = labelled("parameter", reader, scope);
  const at = reader.position;
  const results = reader.byte();
  if (results === 0) return { kind: "func", parameters, result: valueType(reader, scope) };
  if (results !== 1) reader.fail(`${hex(results)} is no list of results`, at);
  if (reader.u32() !== 0)
    reader.unsupported("named results are not supported: they are no longer part of the format", at);
  return { kind: "func", parameters, result: null };
}

function resource(reader: ComponentReader, scope: Scope, at: number): DefinedType {
  if (!scope.isComponent)
    reader.invalid("a resource is defined inside a type, where it can only be imported or exported", at);
  const form = reader.byte();
  if (form !== 0x7f) reader.unsupported(`a resource is represented by ${hex(form)}, only i32 (0x7f) is supported`, at);
  return { kind: "resource", destructor: optional(reader, () => scope.index("core func", reader)) };
}

/** A type definition; the type that it defines is not in `scope` yet. */
export function readType(reader: ComponentReader, scope: Scope): DefinedType {
  const at = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x40:
      return functionType(reader, scope);
    case 0x41:
    case 0x42: {
      const kind = form === 0x41 ? "component" : "instance";
      if (scope.depth >= deepestNesting)
        reader.limit(`types and components are inside each other more than ${deepestNesting} deep`, at);
      const inner = new Scope(scope, false);
      return { kind, declarations: reader.vector("declarations", 2, () => declaration(kind, reader, inner)) };
    }
    case 0x3f:
      return resource(reader, scope, at);
    default:
      return valueShape(form, reader, scope, at);
  }
}

function declaration(of: "component" | "instance", reader: ComponentReader, scope: Scope): Declaration {
  const at = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x00:
      skipCoreType(reader, scope.places);
      scope.define("core type", reader, at);
      return { kind: "core-type" };
    case 0x01: {
      const type = readType(reader, scope);
      scope.define("type", reader, at);
      return { kind: "type", type };
    }
    case 0x02:
      return readTypeAlias(reader, scope);
    case 0x03: {
      if (of === "instance") reader.fail("an instance type declares an import", at);
      const nameAt = reader.position;
      const name = reader.attributedName();
      scope.importName(name, reader, nameAt);
      const extern = readExternType(reader, scope);
      scope.defineExtern(extern, reader, at);
      return { kind: "import", name, extern };
    }
    case 0x04: {
      const nameAt = reader.position;
      const name = reader.attributedName();
      scope.exportName(name, reader, nameAt);
      const extern = readExternType(reader, scope);
      scope.defineExtern(extern, reader, at);
      return { kind: "export-declaration", name, extern };
    }
    default:
      return reader.fail(`${hex(form)} is no declaration`, at);
  }
}

/** What an import or export is said to be. */
export function readExternType(reader: ComponentReader, scope: Scope): ExternType {
  const at = reader.position;
  const sort = reader.byte();
  switch (sort) {
    case 0x00: {
      const core = reader.byte();
      if (core !== 0x11)
        reader.fail(`${hex(core)} is no core sort that crosses a component's border: only modules do`, at);
      return { kind: "core-module", type: scope.index("core type", reader) };
    }
    case 0x01:
      return { kind: "func", type: scope.index("type", reader) };
    case 0x02:
      return reader.unsupported("values (sort 0x02) are not supported", at);
    case 0x03: {
      const bound = reader.byte();
      if (bound > 1) reader.fail(`${hex(bound)} is no bound of a type`, at);
      return { kind: "type", equals: bound === 0 ? scope.index("type", reader) : null };
    }
    case 0x04:
      return { kind: "component", type: scope.index("type", reader) };
    case 0x05:
      return { kind: "instance", type: scope.index("type", reader) };
    default:
      return reader.fail(`${hex(sort)} is no sort of an import or export`, at);
  }
}
