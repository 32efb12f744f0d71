/** Job: the types of a component's world with every index resolved: what a person, a parser of values and a check of values need. Never: bytes; behaviour. */
import type { Primitive } from "@capsule-run/instrument/component";

/** A type of values. Shared where the component shares it, so that types within types stay as small as they were written. */
export type WitType = { readonly name?: string } & (
  | { readonly kind: "primitive"; readonly primitive: Primitive }
  | { readonly kind: "record"; readonly fields: readonly WitField[] }
  | { readonly kind: "variant"; readonly cases: readonly WitCase[] }
  | { readonly kind: "list"; readonly element: WitType; readonly length: number | null }
  | { readonly kind: "tuple"; readonly elements: readonly WitType[] }
  | { readonly kind: "flags"; readonly names: readonly string[] }
  | { readonly kind: "enum"; readonly names: readonly string[] }
  | { readonly kind: "option"; readonly element: WitType }
  | { readonly kind: "result"; readonly ok: WitType | null; readonly error: WitType | null }
  | { readonly kind: "own"; readonly resource: string | null }
  | { readonly kind: "borrow"; readonly resource: string | null }
);

export interface WitField {
  readonly name: string;
  readonly type: WitType;
}
export interface WitCase {
  readonly name: string;
  readonly type: WitType | null;
}

export interface WitFunction {
  readonly parameters: readonly WitField[];
  readonly result: WitType | null;
}

/** What stands behind a name that a component imports or exports. */
export type WitItem =
  | { readonly kind: "function"; readonly function: WitFunction }
  /** Null: a resource, or a type that is none of values. */
  | { readonly kind: "type"; readonly type: WitType | null }
  | { readonly kind: "interface"; readonly items: ReadonlyMap<string, WitItem> }
  /** "instance": of an interface within an interface, which WIT does not have. */
  | { readonly kind: "component" | "core-module" | "instance" };

export interface World {
  readonly imports: ReadonlyMap<string, WitItem>;
  readonly exports: ReadonlyMap<string, WitItem>;
}
