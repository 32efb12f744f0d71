/**
 * Job: the core type of a function that is lifted or lowered, for memories of 32-bit addresses.
 * Source: Component Model, design/mvp/CanonicalABI.md, "Flattening".
 * Never: convert values.
 */
import { InstrumentError } from "../../errors.ts";
import type { DefinedType, ValueShape, ValueType } from "../model.ts";
import { type Environment, type TypeItem, typeAt } from "../resolve.ts";

export type CoreType = "i32" | "i64" | "f32" | "f64";

export interface Signature {
  readonly params: readonly CoreType[];
  readonly results: readonly CoreType[];
}

const mostParams = 16;
const mostResults = 1;
const deepestType = 500;

export class Flattener {
  /** Types are shared: one that unfolds to no end has few definitions. */
  readonly #known = new Map<DefinedType, Map<Environment, readonly CoreType[]>>();

  /** Null where the type is not known. */
  signature(type: TypeItem | null, direction: "lift" | "lower"): Signature | null {
    if (type?.definition?.kind !== "func") return null;
    const { definition, environment } = type;
    const values = (types: readonly ValueType[]) => this.#all(types, environment, 0);
    const flat = values(definition.parameters.map(({ type }) => type));
    const params: readonly CoreType[] = flat.length > mostParams ? ["i32"] : flat;
    const results = definition.result === null ? [] : values([definition.result]);
    if (results.length <= mostResults) return { params, results };
    return direction === "lift" ? { params, results: ["i32"] } : { params: [...params, "i32"], results: [] };
  }

  /** Of values one after the other; no longer than it takes to see that they are too many. */
  #all(types: readonly (ValueType | null)[], of: Environment, depth: number): readonly CoreType[] {
    const flat: CoreType[] = [];
    for (const type of types) {
      if (flat.length > mostParams) break;
      flat.push(...this.#value(type, of, depth));
    }
    return flat.slice(0, mostParams + 1);
  }

  #value(type: ValueType | null, of: Environment, depth: number): readonly CoreType[] {
    if (type === null) return [];
    if (typeof type === "string") return primitive(type);
    const item = typeAt(of, type);
    if (item?.definition == null)
      throw new InstrumentError("invalid", `type ${type} is no type of a value, where one is wanted`);
    const { definition, environment } = item;
    const known = this.#known.get(definition) ?? new Map<Environment, readonly CoreType[]>();
    this.#known.set(definition, known);
    let flat = known.get(environment);
    if (flat === undefined) {
      if (depth > deepestType) throw new InstrumentError("limit", `a type of a value is more than ${deepestType} deep`);
      flat = this.#shape(definition, environment, depth + 1);
      known.set(environment, flat);
    }
    return flat;
  }

  #shape(type: DefinedType, of: Environment, depth: number): readonly CoreType[] {
    switch (type.kind) {
      case "primitive":
        return primitive(type.primitive);
      case "record":
        return this.#all(
          type.fields.map(({ type }) => type),
          of,
          depth,
        );
      case "tuple":
        return this.#all(type.elements, of, depth);
      case "list": {
        if (type.length === null) return ["i32", "i32"];
        return this.#all(new Array(Math.min(type.length, mostParams + 1)).fill(type.element), of, depth);
      }
      case "flags":
      case "enum":
      case "own":
      case "borrow":
        return ["i32"];
      case "variant":
        return this.#variant(
          type.cases.map(({ type }) => type),
          of,
          depth,
        );
      case "option":
        return this.#variant([null, type.element], of, depth);
      case "result":
        return this.#variant([type.ok, type.error], of, depth);
      default:
        throw new InstrumentError("invalid", `a ${type.kind} stands where a type of a value is wanted`);
    }
  }

  #variant(cases: readonly (ValueType | null)[], of: Environment, depth: number): readonly CoreType[] {
    const joined: CoreType[] = [];
    for (const type of cases)
      for (const [index, flat] of this.#value(type, of, depth).entries()) {
        const before = joined[index];
        joined[index] = before === undefined ? flat : join(before, flat);
      }
    return (["i32", ...joined] as const).slice(0, mostParams + 1);
  }
}

function join(a: CoreType, b: CoreType): CoreType {
  if (a === b) return a;
  return (a === "i32" && b === "f32") || (a === "f32" && b === "i32") ? "i32" : "i64";
}

function primitive(type: Extract<ValueShape, { kind: "primitive" }>["primitive"]): readonly CoreType[] {
  switch (type) {
    case "s64":
    case "u64":
      return ["i64"];
    case "f32":
    case "f64":
      return [type];
    case "string":
      return ["i32", "i32"];
    default:
      return ["i32"];
  }
}
