/**
 * Job: follow a component's instantiations without running anything: what its indices stand for, instance by instance. All
 * of it is known from the binary, as nothing is instantiated at run time. Types of imported instances are followed only
 * when somebody asks.
 * Never: compare types, or convert values.
 */
import { InstrumentError } from "../errors.ts";
import { deepestChain, mostInstantiations, mostSteps } from "./limits.ts";
import type {
  Alias,
  Component,
  Declaration,
  DefinedType,
  Definition,
  ExternType,
  Instance,
  Sort,
  SortedName,
} from "./model.ts";

export interface ComponentItem {
  readonly kind: "component";
  /** Null: imported from the host. */
  readonly component: Component | null;
  readonly outer: Environment | null;
}
export interface CoreModuleItem {
  readonly kind: "core-module";
  /** Null: imported from the host. */
  readonly module: number | null;
}
export interface InstanceItem {
  readonly kind: "instance";
  readonly exports: () => ReadonlyMap<string, Item>;
}
export interface FunctionItem {
  readonly kind: "func";
  readonly type: TypeItem | null;
}
export interface TypeItem {
  readonly kind: "type";
  /** Null for a resource that is only known by its name. */
  readonly definition: DefinedType | null;
  /** What the definition's indices are of. */
  readonly environment: Environment;
  /** The name that an import or export gave it; `owner`: the imported instance that has it. */
  readonly name: { readonly owner: string | null; readonly name: string } | null;
  /** The type that was given this name. */
  readonly of: TypeItem | null;
}
export type Item = ComponentItem | CoreModuleItem | InstanceItem | FunctionItem | TypeItem;

/** Index spaces of a component instance, a component type or an instance type. */
export interface Environment {
  readonly parent: Environment | null;
  readonly items: { readonly [Space in Sort]: (Item | null)[] };
}

export interface Resolved {
  readonly environment: Environment;
  readonly imports: ReadonlyMap<string, Item | null>;
  readonly exports: ReadonlyMap<string, Item>;
}

type Instantiated = (component: Component, started: readonly number[], environment: Environment) => void;

const nothing: ReadonlyMap<string, Item> = new Map();

/**
 * Follows a component from its outermost instance inwards.
 *
 * @param instantiated told of each component instance, inner ones first: the numbers of the core modules that it starts, and
 * what its indices stand for.
 * @returns what the outermost component imports and exports, by name.
 * @throws {InstrumentError} `limit` where it unfolds too far, `unsupported` where code comes from the host.
 *
 * @example
 * ```ts
 * const { exports } = resolveComponent(decodeComponent(bytes).component);
 * const run = exports.get("run");
 * if (run?.kind === "func" && run.type?.definition?.kind === "func") console.log(run.type.definition.parameters.length);
 * ```
 */
export function resolveComponent(outermost: Component, instantiated: Instantiated = () => {}): Resolved {
  if (!Array.isArray(outermost?.definitions))
    throw new TypeError("the component has no definitions; give what decodeComponent calls component");
  return new Resolver(instantiated).instantiate(outermost, null, nothing, 0);
}

class Resolver {
  readonly #instantiated: Instantiated;
  #instantiations = 0;
  #steps = 0;

  constructor(instantiated: Instantiated) {
    this.#instantiated = instantiated;
  }

  #look(count: number): void {
    this.#steps += count;
    if (this.#steps > mostSteps)
      throw new InstrumentError("limit", `the component unfolds to more than ${mostSteps} definitions: simplify it`);
  }

  instantiate(
    component: Component,
    outer: Environment | null,
    args: ReadonlyMap<string, Item>,
    depth: number,
  ): Resolved {
    if (++this.#instantiations > mostInstantiations)
      throw new InstrumentError(
        "limit",
        `the component makes more than ${mostInstantiations} instances of the components in it`,
      );
    if (depth > deepestChain)
      throw new InstrumentError("limit", `instances make instances more than ${deepestChain} deep`);
    this.#look(component.definitions.length);
    const own = environment(outer);
    const imports = new Map<string, Item | null>();
    const exports = new Map<string, Item>();
    const started: number[] = [];
    for (const definition of component.definitions) {
      switch (definition.kind) {
        case "core-module":
          own.items["core-module"].push({ kind: "core-module", module: definition.module });
          break;
        case "core-instance":
          if (definition.from.kind === "instantiate") started.push(moduleNumber(own, definition.from.module));
          break;
        case "import": {
          const item =
            args.get(definition.name) ??
            this.#extern(definition.extern, own, { owner: null, name: definition.name }, definition.name);
          imports.set(definition.name, item);
          push(own, definition.extern.kind, item);
          break;
        }
        case "export": {
          const item = this.#exported(definition, own);
          if (item !== null) exports.set(definition.name, item);
          push(own, definition.sort, item);
          break;
        }
        case "instance":
          own.items.instance.push(this.#instance(definition, own, depth));
          break;
        default:
          this.#define(definition, own);
      }
    }
    this.#instantiated(component, started, own);
    return { environment: own, imports, exports };
  }

  #define(definition: Exclude<Definition, { kind: "import" | "export" | "instance" }>, own: Environment): void {
    switch (definition.kind) {
      case "component":
        own.items.component.push({ kind: "component", component: definition.component, outer: own });
        break;
      case "type":
        own.items.type.push(typeItem(definition.type, own));
        break;
      case "alias":
        alias(definition, own);
        break;
      case "canon":
        if (definition.canon.kind === "lift")
          own.items.func.push({ kind: "func", type: typeAt(own, definition.canon.type) });
        break;
      default:
    }
  }

  #instance({ from }: Instance, own: Environment, depth: number): InstanceItem {
    const items = (names: readonly SortedName[]) => {
      this.#look(names.length);
      const found = new Map<string, Item>();
      for (const { name, sort, index } of names) {
        const item = own.items[sort][index];
        if (item) found.set(name, item);
      }
      return found;
    };
    if (from.kind === "exports") {
      const exports = items(from.exports);
      for (const [name, item] of exports) if (item.kind === "type") exports.set(name, named(item, null, name));
      return { kind: "instance", exports: () => exports };
    }
    const item = own.items.component[from.component];
    if (item?.kind !== "component" || item.component === null) throw fromHost("component", from.component);
    const { exports } = this.instantiate(item.component, item.outer, items(from.args), depth + 1);
    return { kind: "instance", exports: () => exports };
  }

  #exported({ sort, index, name, extern }: Extract<Definition, { kind: "export" }>, own: Environment): Item | null {
    const item = own.items[sort][index] ?? null;
    if (extern?.kind === "func") return { kind: "func", type: typeAt(own, extern.type) };
    if (item?.kind !== "type") return item;
    const given = extern?.kind === "type" && extern.equals !== null ? typeAt(own, extern.equals) : item;
    return named(given ?? item, null, name);
  }

  /** What a type says about something that is not there. `owner`: the imported instance that its types are named after. */
  #extern(extern: ExternType, own: Environment, name: TypeItem["name"], owner: string | null): Item | null {
    switch (extern.kind) {
      case "core-module":
        return { kind: "core-module", module: null };
      case "component":
        return { kind: "component", component: null, outer: null };
      case "func":
        return { kind: "func", type: typeAt(own, extern.type) };
      case "type": {
        if (extern.equals === null) return { kind: "type", definition: null, environment: own, name, of: null };
        const of = typeAt(own, extern.equals);
        return of === null ? null : named(of, name?.owner ?? null, name?.name ?? "");
      }
      case "instance": {
        const type = typeAt(own, extern.type);
        let exports: ReadonlyMap<string, Item> | null = null;
        return {
          kind: "instance",
          exports: () => {
            if (exports === null)
              exports =
                type?.definition?.kind === "instance"
                  ? this.#declared(type.definition.declarations, type.environment, owner)
                  : nothing;
            return exports;
          },
        };
      }
      default:
        return extern satisfies never;
    }
  }

  #declared(declarations: readonly Declaration[], outer: Environment, owner: string | null): ReadonlyMap<string, Item> {
    this.#look(declarations.length);
    const own = environment(outer);
    const exports = new Map<string, Item>();
    for (const declaration of declarations) {
      switch (declaration.kind) {
        case "type":
          own.items.type.push(typeItem(declaration.type, own));
          break;
        case "alias":
          alias(declaration, own);
          break;
        case "export-declaration": {
          const item = this.#extern(declaration.extern, own, { owner, name: declaration.name }, declaration.name);
          if (item !== null) exports.set(declaration.name, item);
          push(own, declaration.extern.kind, item);
          break;
        }
        default:
      }
    }
    return exports;
  }
}

const environment = (parent: Environment | null): Environment => ({
  parent,
  items: { "core-module": [], func: [], type: [], component: [], instance: [] },
});

const push = (own: Environment, sort: Sort, item: Item | null) => own.items[sort].push(item);

const typeItem = (definition: DefinedType, own: Environment): TypeItem => ({
  kind: "type",
  definition,
  environment: own,
  name: null,
  of: null,
});

const named = (of: TypeItem, owner: string | null, name: string): TypeItem => ({ ...of, name: { owner, name }, of });

/** What an index of a type stands for in a component or a type; null: nothing that is known. */
export function typeAt(own: Environment, index: number): TypeItem | null {
  const item = own.items.type[index];
  return item?.kind === "type" ? item : null;
}

function moduleNumber(own: Environment, index: number): number {
  const item = own.items["core-module"][index];
  if (item?.kind !== "core-module" || item.module === null) throw fromHost("core module", index);
  return item.module;
}

function alias({ target }: Alias, own: Environment): void {
  if (target.kind === "export") {
    const instance = own.items.instance[target.instance];
    const item = instance?.kind === "instance" ? instance.exports().get(target.name) : undefined;
    push(own, target.sort, item ?? null);
  } else if (target.kind === "outer" && target.sort !== "core-type") {
    let from: Environment | null = own;
    for (let i = 0; i < target.count && from !== null; i++) from = from.parent;
    push(own, target.sort, from?.items[target.sort][target.index] ?? null);
  }
}

const fromHost = (what: string, index: number): InstrumentError =>
  new InstrumentError(
    "unsupported",
    `${what} ${index} comes from the host: what it runs cannot be metered; compose it into the component first`,
  );
