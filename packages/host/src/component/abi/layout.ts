/**
 * Job: the size, alignment and flat form of value types.
 * Source: CanonicalABI.md, "Alignment", "Element Size", "Flattening"; pointers are 32 bits wide.
 * Never: read or write a value.
 */
import { ComponentError } from "../errors.ts";
import { maxBytes, maxFlatParameters } from "../limits.ts";

export type CoreType = "i32" | "i64" | "f32" | "f64";

export interface Layout {
  readonly size: number;
  readonly alignment: number;
  /** Core values that it takes as a parameter; null where they are more than any function passes flat. */
  readonly flat: readonly CoreType[] | null;
  /** Types in types below and including it. */
  readonly depth: number;
  /** Estimated bytes of the JavaScript value, without what lists and strings in it hold. */
  readonly weight: number;
  /** Holds a pointer: a memory is needed to lift it, and a realloc to lower it. */
  readonly pointers: boolean;
  readonly borrows: boolean;
}

export function alignTo(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

export function scalar(core: CoreType, size: number): Layout {
  return {
    size,
    alignment: size,
    flat: [core],
    depth: 1,
    weight: size === 8 ? 24 : 8,
    pointers: false,
    borrows: false,
  };
}

/** Strings and lists of any length: an address and a length. */
export function pointer(element: Layout | null): Layout {
  const depth = (element?.depth ?? 0) + 1;
  return {
    size: 8,
    alignment: 4,
    flat: ["i32", "i32"],
    depth,
    weight: 32,
    pointers: true,
    borrows: element?.borrows ?? false,
  };
}

export function handle(borrows: boolean): Layout {
  return { ...scalar("i32", 4), weight: 48, borrows };
}

/** Records, tuples and parameter lists: one after the other. `offsets` tells where each begins. */
export function sequence(parts: readonly Layout[]): { readonly layout: Layout; readonly offsets: readonly number[] } {
  const offsets: number[] = [];
  let size = 0;
  for (const part of parts) {
    size = alignTo(size, part.alignment);
    offsets.push(size);
    size = bounded(size + part.size);
  }
  const alignment = largest(parts, (part) => part.alignment, 1);
  const layout: Layout = {
    size: bounded(alignTo(size, alignment)),
    alignment,
    flat: concatenated(parts),
    depth: largest(parts, (part) => part.depth, 0) + 1,
    weight: 48 + parts.reduce((sum, part) => sum + part.weight, 0),
    pointers: parts.some((part) => part.pointers),
    borrows: parts.some((part) => part.borrows),
  };
  return { layout, offsets };
}

/** `weight`: of one element. */
export function repeated(element: Layout, length: number, weight: number): Layout {
  const flat = element.flat;
  return {
    size: bounded(element.size * length),
    alignment: element.alignment,
    flat: flat && flat.length * length <= maxFlatParameters ? Array.from({ length }, () => flat).flat() : null,
    depth: element.depth + 1,
    weight: 48 + weight * length,
    pointers: element.pointers,
    borrows: element.borrows,
  };
}

export function discriminantSize(cases: number): 1 | 2 | 4 {
  return cases <= 2 ** 8 ? 1 : cases <= 2 ** 16 ? 2 : 4;
}

/** Variants and what specialises them; null: a case without a payload. */
export function union(cases: readonly (Layout | null)[]): { readonly layout: Layout; readonly payload: number } {
  const present = cases.filter((layout) => layout !== null);
  const discriminant = discriminantSize(cases.length);
  const inner = largest(present, (layout) => layout.alignment, 1);
  const payload = alignTo(discriminant, inner);
  const alignment = Math.max(discriminant, inner);
  const layout: Layout = {
    size: bounded(alignTo(payload + largest(present, (each) => each.size, 0), alignment)),
    alignment,
    flat: joined(present),
    depth: largest(present, (each) => each.depth, 0) + 1,
    weight: 32 + largest(present, (each) => each.weight, 0),
    pointers: present.some((each) => each.pointers),
    borrows: present.some((each) => each.borrows),
  };
  return { layout, payload };
}

/** A bit each; at most 32 of them. */
export function bits(count: number): Layout {
  return { ...scalar("i32", count <= 8 ? 1 : count <= 16 ? 2 : 4), weight: 48 + 8 * count };
}

function largest(layouts: readonly Layout[], of: (layout: Layout) => number, least: number): number {
  return layouts.reduce((most, layout) => Math.max(most, of(layout)), least);
}

function concatenated(parts: readonly Layout[]): readonly CoreType[] | null {
  const flat: CoreType[] = [];
  for (const part of parts) {
    if (!part.flat || flat.length + part.flat.length > maxFlatParameters) return null;
    flat.push(...part.flat);
  }
  return flat;
}

function joined(cases: readonly Layout[]): readonly CoreType[] | null {
  const flat: CoreType[] = ["i32"];
  for (const { flat: own } of cases) {
    if (!own || own.length >= maxFlatParameters) return null;
    for (const [index, type] of own.entries()) {
      const before = flat[index + 1];
      flat[index + 1] = before === undefined ? type : join(before, type);
    }
  }
  return flat;
}

function join(a: CoreType, b: CoreType): CoreType {
  if (a === b) return a;
  return (a === "i32" && b === "f32") || (a === "f32" && b === "i32") ? "i32" : "i64";
}

function bounded(size: number): number {
  if (size > maxBytes)
    throw new ComponentError(
      "limit",
      `a value type takes ${size} bytes; the component model allows ${maxBytes}: use lists without a fixed length`,
    );
  return size;
}
