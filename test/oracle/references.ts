/** Job: decide whether a reference is of a reference type. Never: know numbers. */
import { Aggregate, Caught, I31, type Instance, type Reference } from "./store.ts";
import { isSubtype } from "./types.ts";

export function matchesReference(value: Reference, type: string, { types }: Instance): boolean {
  const heap = type.split(" ").at(-1)!;
  if (value === null) return type.startsWith("ref null");
  if (/^\d/.test(heap)) return "type" in value && isSubtype(value.type, types[Number(heap)]!);
  const isFunction = "kind" in value;
  switch (heap) {
    case "func":
      return isFunction;
    case "extern":
      return true;
    case "any":
      return !isFunction && !(value instanceof Caught);
    case "eq":
      return value instanceof Aggregate || value instanceof I31;
    case "i31":
      return value instanceof I31;
    case "struct":
    case "array":
      return value instanceof Aggregate && value.shape.kind === heap;
    case "exn":
      return value instanceof Caught;
    default: // the bottom types have no values but null
      return false;
  }
}
