/**
 * Job: a component's world with its types as trees: what each import and export is, for who writes, checks and names values.
 * Never: follow definitions (the instrumenter's resolver does); go deeper into a type than the linker does.
 */
import type { Component, ValueType } from "@capsule-run/instrument/component";
import {
  type Environment,
  type Item,
  resolveComponent,
  type TypeItem,
  typeAt,
} from "@capsule-run/instrument/component/world";
import { defaultLimits } from "../../../component/limits.ts";
import { CapsuleError } from "../../../errors.ts";
import type { WitFunction, WitItem, WitType, World } from "./types.ts";

/** Functions and types of all interfaces. An honest world has a few hundred; the host's own thread reads it. */
const mostItems = 20_000;
/** Parameters, fields, cases and elements: a large type under many names is a tree for each of them. */
const mostParts = 250_000;

/** @throws CapsuleError `build_error`; InstrumentError for a component that cannot be followed */
export function readWorld(component: Component): World {
  const { imports, exports } = resolveComponent(component);
  const reader = new WorldReader();
  return { imports: reader.items(imports), exports: reader.items(exports) };
}

class WorldReader {
  /** One tree for each type that was written, however often it is named. */
  readonly #types = new Map<TypeItem, WitType>();
  #items = 0;
  #parts = 0;

  items(of: ReadonlyMap<string, Item | null>): ReadonlyMap<string, WitItem> {
    const made = new Map<string, WitItem>();
    for (const [name, item] of of) {
      if (item?.kind === "instance") made.set(name, { kind: "interface", items: this.#within(item.exports()) });
      else if (item !== null) made.set(name, this.#item(item));
    }
    return made;
  }

  /** Not further: interfaces in interfaces can unfold to any number of them. */
  #within(of: ReadonlyMap<string, Item>): ReadonlyMap<string, WitItem> {
    this.#items += of.size;
    if (this.#items > mostItems)
      throw new CapsuleError(
        "build_error",
        `the component's interfaces have more than ${mostItems} functions and types`,
      );
    return new Map([...of].map(([name, item]): [string, WitItem] => [name, this.#item(item)]));
  }

  #item(item: Item): WitItem {
    switch (item.kind) {
      case "func":
        return { kind: "function", function: this.#function(item.type) };
      case "type":
        return { kind: "type", type: isOfValues(item) ? this.#type(item, 0) : null };
      case "instance":
      case "component":
      case "core-module":
        return { kind: item.kind };
    }
  }

  #function(item: TypeItem | null): WitFunction {
    const type = item?.definition;
    if (item === null || type?.kind !== "func") return absent();
    this.#count(type.parameters.length);
    return {
      parameters: type.parameters.map((each) => ({
        name: each.name,
        type: this.#value(each.type, item.environment, 0),
      })),
      result: type.result === null ? null : this.#value(type.result, item.environment, 0),
    };
  }

  #value(type: ValueType, of: Environment, depth: number): WitType {
    if (typeof type === "string") return { kind: "primitive", primitive: type };
    return this.#type(typeAt(of, type) ?? absent(), depth);
  }

  #type(item: TypeItem, depth: number): WitType {
    const known = this.#types.get(item);
    if (known !== undefined) return known;
    if (depth > defaultLimits.typeDepth)
      throw new CapsuleError(
        "build_error",
        `types of the component are nested more than ${defaultLimits.typeDepth} deep`,
      );
    const shape = this.#shape(item, depth);
    const made: WitType = item.name === null ? shape : { ...shape, name: item.name.name };
    this.#types.set(item, made);
    return made;
  }

  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > mostParts)
      throw new CapsuleError(
        "build_error",
        `the component's functions and types, each under each of its names, have more than ${mostParts} parameters, fields and cases`,
      );
  }

  #shape({ definition, environment }: TypeItem, depth: number): WitType {
    const value = (type: ValueType) => this.#value(type, environment, depth + 1);
    const optional = (type: ValueType | null) => (type === null ? null : value(type));
    switch (definition?.kind) {
      case "primitive":
      case "flags":
      case "enum":
        return definition;
      case "record":
        this.#count(definition.fields.length);
        return { kind: "record", fields: definition.fields.map(({ name, type }) => ({ name, type: value(type) })) };
      case "variant":
        this.#count(definition.cases.length);
        return { kind: "variant", cases: definition.cases.map(({ name, type }) => ({ name, type: optional(type) })) };
      case "list":
        return { kind: "list", element: value(definition.element), length: definition.length };
      case "tuple":
        this.#count(definition.elements.length);
        return { kind: "tuple", elements: definition.elements.map(value) };
      case "option":
        return { kind: "option", element: value(definition.element) };
      case "result":
        return { kind: "result", ok: optional(definition.ok), error: optional(definition.error) };
      case "own":
      case "borrow":
        return { kind: definition.kind, resource: typeAt(environment, definition.resource)?.name?.name ?? null };
      default:
        return absent();
    }
  }
}

/** Others are resources, and types of functions and instances. */
function isOfValues({ definition }: TypeItem): boolean {
  return definition !== null && !["resource", "func", "instance", "component"].includes(definition.kind);
}

/** The decoder has checked the indices; of what kind a name's meaning is only shows here. */
function absent(): never {
  throw new CapsuleError("build_error", "the component refers to something that is not there, or is of another kind");
}
