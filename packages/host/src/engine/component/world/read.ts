/**
 * Job: a component's world, from its definitions: what each import and export is, types resolved through aliases,
 * instantiations and nested components.
 * Never: instantiate anything; trust how often a component repeats itself (a chain of n doublings is 2^n instances).
 * Source: Component Model, design/mvp/Explainer.md, "Type Definitions" and "Instance Definitions".
 */
import type { Component, Declaration, Definition, ExternType, ValueType } from "@capsule-run/instrument/component";
import { CapsuleError } from "../../../errors.ts";
import type { WitFunction, WitItem, WitType, World } from "./types.ts";

/** Definitions and declarations looked at, repetitions included. */
const mostSteps = 1_000_000;

type TypeEntry =
  | { readonly kind: "value"; readonly type: WitType }
  | { readonly kind: "function"; readonly function: WitFunction }
  | { readonly kind: "resource"; readonly name: string | null }
  /** A type of instances or components: looked at where something of the type is imported or exported. */
  | { readonly kind: "instance" | "component"; readonly declarations: readonly Declaration[]; readonly scope: Scope };

type Item =
  | { readonly kind: "function"; readonly function: WitFunction }
  | { readonly kind: "type"; readonly entry: TypeEntry }
  | { readonly kind: "instance"; readonly items: Items }
  | ComponentItem
  | { readonly kind: "core-module" };
type Items = ReadonlyMap<string, Item>;

/** A component in the scope that it was defined in, or one of which only the type is known. */
type ComponentItem =
  | { readonly kind: "component"; readonly component: Component; readonly scope: Scope }
  | { readonly kind: "component"; readonly type: Extract<TypeEntry, { scope: Scope }> };

/** @throws CapsuleError `build_error` for a component that repeats itself too often, or refers to what is not there */
export function readWorld(component: Component): World {
  const reader = new WorldReader();
  const { imports, exports } = reader.component(component, null, null);
  return { imports: outside(imports), exports: outside(exports) };
}

class Scope {
  readonly parent: Scope | null;
  readonly types: TypeEntry[] = [];
  readonly functions: WitFunction[] = [];
  readonly instances: Items[] = [];
  readonly components: ComponentItem[] = [];
  readonly imports = new Map<string, Item>();
  readonly exports = new Map<string, Item>();

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  /** Gives an item the next index of its space. */
  define(item: Item): void {
    switch (item.kind) {
      case "function":
        this.functions.push(item.function);
        return;
      case "type":
        this.types.push(item.entry);
        return;
      case "instance":
        this.instances.push(item.items);
        return;
      case "component":
        this.components.push(item);
        return;
      case "core-module":
        return;
    }
  }

  item(sort: "core-module" | "func" | "type" | "component" | "instance", index: number): Item {
    switch (sort) {
      case "func":
        return { kind: "function", function: there(this.functions, index) };
      case "type":
        return { kind: "type", entry: there(this.types, index) };
      case "instance":
        return { kind: "instance", items: there(this.instances, index) };
      case "component":
        return there(this.components, index);
      case "core-module":
        return { kind: "core-module" };
    }
  }

  type(index: number): TypeEntry {
    return there(this.types, index);
  }

  outer(count: number): Scope {
    let scope: Scope | null = this;
    for (let left = count; left > 0 && scope !== null; left--) scope = scope.parent;
    return scope ?? absent();
  }
}

class WorldReader {
  #steps = 0;

  /** `args`: what its imports are; null: whatever their types say. */
  component(component: Component, parent: Scope | null, args: Items | null): Scope {
    const scope = new Scope(parent);
    for (const definition of component.definitions) this.#define(definition, scope, args);
    return scope;
  }

  #step(): void {
    if (++this.#steps > mostSteps)
      throw new CapsuleError(
        "build_error",
        `the component comes to more than ${mostSteps} definitions when its instances are counted`,
      );
  }

  #define(definition: Definition, scope: Scope, args: Items | null): void {
    this.#step();
    switch (definition.kind) {
      case "core-module":
      case "core-instance":
      case "core-type":
      case "start":
        return;
      case "component":
        scope.components.push({ kind: "component", component: definition.component, scope });
        return;
      case "instance":
        scope.instances.push(this.#instance(definition.from, scope));
        return;
      case "alias":
      case "type":
        this.#declare(definition, scope);
        return;
      case "canon":
        if (definition.canon.kind === "lift") {
          const type = scope.type(definition.canon.type);
          scope.functions.push(type.kind === "function" ? type.function : absent());
        }
        return;
      case "import": {
        const item =
          args === null ? this.#extern(definition.extern, definition.name, scope) : args.get(definition.name);
        scope.imports.set(definition.name, item ?? absent());
        scope.define(item ?? absent());
        return;
      }
      case "export": {
        const item = named(scope.item(definition.sort, definition.index), definition.name);
        scope.exports.set(definition.name, item);
        scope.define(item);
      }
    }
  }

  #instance(from: Extract<Definition, { kind: "instance" }>["from"], scope: Scope): Items {
    if (from.kind === "exports") {
      return new Map(
        from.exports.map(({ name, sort, index }) => {
          this.#step();
          return [name, named(scope.item(sort, index), name)];
        }),
      );
    }
    const found = there(scope.components, from.component);
    const args = new Map(from.args.map(({ name, sort, index }) => [name, scope.item(sort, index)]));
    if ("type" in found) return this.#declarations(found.type).exports;
    return this.component(found.component, found.scope, args).exports;
  }

  #declarations({ declarations, scope: parent }: Extract<TypeEntry, { scope: Scope }>): Scope {
    const scope = new Scope(parent);
    for (const declaration of declarations) {
      this.#step();
      this.#declare(declaration, scope);
    }
    return scope;
  }

  #declare(declaration: Declaration, scope: Scope): void {
    switch (declaration.kind) {
      case "core-type":
        return;
      case "type":
        scope.types.push(this.#type(declaration.type, scope));
        return;
      case "alias": {
        const { target } = declaration;
        if (target.kind === "core-export" || target.sort === "core-module" || target.sort === "core-type") return;
        if (target.kind === "outer") scope.define(scope.outer(target.count).item(target.sort, target.index));
        else scope.define(there(scope.instances, target.instance).get(target.name) ?? absent());
        return;
      }
      case "import": {
        const item = this.#extern(declaration.extern, declaration.name, scope);
        scope.imports.set(declaration.name, item);
        scope.define(item);
        return;
      }
      case "export-declaration": {
        const item = this.#extern(declaration.extern, declaration.name, scope);
        scope.exports.set(declaration.name, item);
        scope.define(item);
      }
    }
  }

  #extern(extern: ExternType, name: string, scope: Scope): Item {
    switch (extern.kind) {
      case "core-module":
        return { kind: "core-module" };
      case "type": {
        const entry: TypeEntry = extern.equals === null ? { kind: "resource", name } : scope.type(extern.equals);
        return named({ kind: "type", entry }, name);
      }
      case "func": {
        const type = scope.type(extern.type);
        return type.kind === "function" ? type : absent();
      }
      case "instance":
      case "component": {
        const type = scope.type(extern.type);
        if (type.kind !== extern.kind) return absent();
        if (type.kind === "component") return { kind: "component", type };
        return { kind: "instance", items: this.#declarations(type).exports };
      }
    }
  }

  #type(type: Extract<Definition, { kind: "type" }>["type"], scope: Scope): TypeEntry {
    const value = (index: ValueType): WitType => {
      if (typeof index === "string") return { kind: "primitive", primitive: index };
      const entry = scope.type(index);
      return entry.kind === "value" ? entry.type : absent();
    };
    const optional = (index: ValueType | null) => (index === null ? null : value(index));
    switch (type.kind) {
      case "resource":
        return { kind: "resource", name: null };
      case "instance":
      case "component":
        return { kind: type.kind, declarations: type.declarations, scope };
      case "func": {
        const parameters = type.parameters.map((parameter) => ({ name: parameter.name, type: value(parameter.type) }));
        return { kind: "function", function: { parameters, result: optional(type.result) } };
      }
      case "own":
      case "borrow": {
        const entry = scope.type(type.resource);
        return { kind: "value", type: { kind: type.kind, resource: entry.kind === "resource" ? entry.name : null } };
      }
      case "primitive":
      case "flags":
      case "enum":
        return { kind: "value", type };
      case "record":
        return {
          kind: "value",
          type: { kind: "record", fields: type.fields.map((field) => ({ name: field.name, type: value(field.type) })) },
        };
      case "variant":
        return {
          kind: "value",
          type: { kind: "variant", cases: type.cases.map(({ name, type: of }) => ({ name, type: optional(of) })) },
        };
      case "list":
        return { kind: "value", type: { kind: "list", element: value(type.element), length: type.length } };
      case "tuple":
        return { kind: "value", type: { kind: "tuple", elements: type.elements.map(value) } };
      case "option":
        return { kind: "value", type: { kind: "option", element: value(type.element) } };
      case "result":
        return { kind: "value", type: { kind: "result", ok: optional(type.ok), error: optional(type.error) } };
    }
  }
}

/** A type goes by the name that it is exported or imported with. */
function named(item: Item, name: string): Item {
  if (item.kind !== "type") return item;
  const { entry } = item;
  if (entry.kind === "resource") return { kind: "type", entry: { kind: "resource", name } };
  if (entry.kind !== "value") return item;
  return { kind: "type", entry: { kind: "value", type: { ...entry.type, name } } };
}

/** `known`: an instance may be exported under many names, and each of these within others. */
function outside(items: Items, known = new Map<Items, ReadonlyMap<string, WitItem>>()): ReadonlyMap<string, WitItem> {
  const found = known.get(items);
  if (found !== undefined) return found;
  const made = new Map([...items].map(([name, item]): [string, WitItem] => [name, seen(item, known)]));
  known.set(items, made);
  return made;
}

function seen(item: Item, known: Map<Items, ReadonlyMap<string, WitItem>>): WitItem {
  switch (item.kind) {
    case "function":
      return item;
    case "type":
      return { kind: "type", type: item.entry.kind === "value" ? item.entry.type : null };
    case "instance":
      return { kind: "interface", items: outside(item.items, known) };
    case "component":
    case "core-module":
      return { kind: item.kind };
  }
}

/** The decoder has checked the indices; what a name stands for only shows here. */
function there<T>(space: readonly T[], index: number): T {
  return space[index] ?? absent();
}

function absent(): never {
  throw new CapsuleError("build_error", "the component refers to something that is not there, or is of another kind");
}
