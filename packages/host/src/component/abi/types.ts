/**
 * Job: types whose indices are resolved, one object for each distinct type of a store: equal types are identical, so that
 * comparing is `===` and a type that names another twice costs no more than one.
 * Never: indices (see ../link), nor values (see codec.ts).
 */
import type { Primitive } from "@capsule-run/instrument/component";
import { ComponentError } from "../errors.ts";
import type { ComponentLimits } from "../limits.ts";
import type { ResourceType } from "../resources.ts";
import { bits, handle, type Layout, pointer, repeated, scalar, sequence, union } from "./layout.ts";

/** A value type as a tree: what values of it look like is the table in ../value.ts. */
export type Type = TypeShape & { readonly id: number; readonly layout: Layout };

export type TypeShape =
  | { readonly kind: Primitive }
  | { readonly kind: "list"; readonly element: Type /** null: any. */; readonly length: number | null }
  | { readonly kind: "record"; readonly fields: readonly Field[] }
  | { readonly kind: "tuple"; readonly elements: readonly Type[] }
  | { readonly kind: "variant"; readonly cases: readonly Case[] }
  | { readonly kind: "enum"; readonly names: readonly string[] }
  | { readonly kind: "flags"; readonly names: readonly string[] }
  | { readonly kind: "option"; readonly element: Type }
  | { readonly kind: "result"; readonly ok: Type | null; readonly error: Type | null }
  | { readonly kind: "own"; readonly resource: ResourceType }
  | { readonly kind: "borrow"; readonly resource: ResourceType };

export interface Field {
  readonly name: string;
  readonly type: Type;
}
export interface Case {
  readonly name: string;
  readonly type: Type | null;
}

export interface FunctionType {
  readonly kind: "func";
  readonly id: number;
  readonly parameters: readonly Field[];
  readonly result: Type | null;
}

const primitiveLayouts: Readonly<Record<Primitive, Layout>> = {
  bool: scalar("i32", 1),
  s8: scalar("i32", 1),
  u8: scalar("i32", 1),
  s16: scalar("i32", 2),
  u16: scalar("i32", 2),
  s32: scalar("i32", 4),
  u32: scalar("i32", 4),
  s64: scalar("i64", 8),
  u64: scalar("i64", 8),
  f32: scalar("f32", 4),
  f64: scalar("f64", 8),
  char: { ...scalar("i32", 4), weight: 24 },
  string: pointer(null),
};

/** The types of one store. */
export class Types {
  readonly #limits: ComponentLimits;
  readonly #types = new Map<string, Type>();
  readonly #functions = new Map<string, FunctionType>();
  #parts = 0;
  #next = 0;

  constructor(limits: ComponentLimits) {
    this.#limits = limits;
  }

  primitive(kind: Primitive): Type {
    return this.#of(kind, () => ({ kind, layout: primitiveLayouts[kind] }));
  }

  list(element: Type, length: number | null): Type {
    this.#count(1);
    return this.#of(["list", element.id, length], () => ({
      kind: "list",
      element,
      length,
      layout:
        length === null
          ? pointer(element.layout)
          : repeated(element.layout, some("fixed list", length), elementWeight(element)),
    }));
  }

  record(fields: readonly Field[]): Type {
    some("record", fields.length);
    this.#count(named(fields));
    return this.#of(["record", fields.map(fieldKey)], () => ({
      kind: "record",
      fields,
      layout: sequence(fields.map(({ type }) => type.layout)).layout,
    }));
  }

  tuple(elements: readonly Type[]): Type {
    this.#count(some("tuple", elements.length));
    return this.#of(["tuple", elements.map(({ id }) => id)], () => ({
      kind: "tuple",
      elements,
      layout: sequence(elements.map(({ layout }) => layout)).layout,
    }));
  }

  variant(cases: readonly Case[]): Type {
    some("variant", cases.length);
    this.#count(named(cases));
    return this.#of(["variant", cases.map(fieldKey)], () => ({
      kind: "variant",
      cases,
      layout: union(cases.map(({ type }) => type?.layout ?? null)).layout,
    }));
  }

  enum(names: readonly string[]): Type {
    some("enum", names.length);
    this.#count(labelled(names));
    return this.#of(["enum", names], () => ({
      kind: "enum",
      names,
      layout: union(names.map(() => null)).layout,
    }));
  }

  flags(names: readonly string[]): Type {
    this.#count(labelled(names));
    if (some("flags", names.length) > 32)
      throw new ComponentError("invalid_component", `flags has ${names.length} labels; the component model allows 32`);
    return this.#of(["flags", names], () => ({ kind: "flags", names, layout: bits(names.length) }));
  }

  option(element: Type): Type {
    this.#count(1);
    return this.#of(["option", element.id], () => ({
      kind: "option",
      element,
      layout: union([null, element.layout]).layout,
    }));
  }

  result(ok: Type | null, error: Type | null): Type {
    this.#count(1);
    return this.#of(["result", ok?.id ?? null, error?.id ?? null], () => ({
      kind: "result",
      ok,
      error,
      layout: union([ok?.layout ?? null, error?.layout ?? null]).layout,
    }));
  }

  handle(kind: "own" | "borrow", resource: ResourceType): Type {
    this.#count(1);
    return this.#of([kind, resource.id], () => ({ kind, resource, layout: handle(kind === "borrow") }));
  }

  function(parameters: readonly Field[], result: Type | null): FunctionType {
    this.#count(named(parameters) + 1);
    const key = JSON.stringify([parameters.map(fieldKey), result?.id ?? null]);
    const known = this.#functions.get(key);
    if (known) return known;
    if (result?.layout.borrows)
      throw new ComponentError("invalid_component", "a function's result holds a borrow; only parameters may");
    const made: FunctionType = { kind: "func", id: this.#next++, parameters, result };
    this.#functions.set(key, made);
    return made;
  }

  #of(key: unknown, make: () => TypeShape & { readonly layout: Layout }): Type {
    const text = JSON.stringify(key);
    const known = this.#types.get(text);
    if (known) return known;
    const made: Type = { ...make(), id: this.#next++ };
    if (made.layout.depth > this.#limits.typeDepth)
      throw new ComponentError("limit", `value types are nested more than ${this.#limits.typeDepth} deep`);
    this.#types.set(text, made);
    return made;
  }

  /** Also of types that are known already: to find them again costs as much as their parts. */
  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > this.#limits.types)
      throw new ComponentError(
        "limit",
        `the component has more than ${this.#limits.types} types, fields and cases over all its instances`,
      );
  }
}

/** What it costs to look up so many names: long ones count more than once. */
function labelled(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + 1 + (name.length >> 5), 0);
}
function named(parts: readonly { readonly name: string }[]): number {
  return parts.reduce((sum, { name }) => sum + 1 + (name.length >> 5), 0);
}

function fieldKey(field: Field | Case): readonly [string, number | null] {
  return [field.name, field.type?.id ?? null];
}

/** Estimated bytes of one element of a list; of u8 they are a Uint8Array. */
export function elementWeight({ kind, layout }: Type): number {
  return kind === "u8" ? 1 : Math.max(layout.size, layout.weight);
}

function some(what: string, count: number): number {
  if (count === 0) throw new ComponentError("invalid_component", `a ${what} without anything in it is not a type`);
  return count;
}
