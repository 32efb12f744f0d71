/**
 * Job: carry out the definitions of a component, in their order: nothing in a component is conditional.
 * Never: convert values (see abi/), nor meter or compile core modules (the driver's).
 */
import type {
  Alias,
  Canon,
  Component,
  CoreInstance,
  Definition,
  Instance,
  SortedName,
} from "@capsule-run/instrument/component";
import type { CoreFunction } from "../abi/core.ts";
import { show } from "../abi/expect.ts";
import { destroyer, liftFunction, lowerFunction, resourceDrop, resourceNew, resourceRep } from "../canon.ts";
import { ComponentError } from "../errors.ts";
import { InstanceState, type Store } from "../store.ts";
import { coreExports, coreImports, instantiated, require32Bits } from "./core-instances.ts";
import { type MatchLimits, matchExtern, matchInstance } from "./match.ts";
import { functionAt, resolveType, resourceAt } from "./resolve.ts";
import { at, type CoreItem, type InstanceItem, type Item, invalid, Scope } from "./scope.ts";
import { Given, type Supplier } from "./supplier.ts";

/** Makes an instance of a core module by its number; the driver adds the counter and the limits. */
export type InstantiateCore = (module: number, imports: WebAssembly.Imports) => WebAssembly.Instance;

export class Linker {
  readonly #store: Store;
  readonly #instantiateCore: InstantiateCore;
  readonly #limits: MatchLimits;
  #definitions = 0;
  #instances = 0;
  #coreInstances = 0;

  constructor(store: Store, instantiateCore: InstantiateCore) {
    this.#store = store;
    this.#instantiateCore = instantiateCore;
    this.#limits = { nesting: store.limits.nesting, count: (more) => this.#count(more) };
  }

  instantiate(
    component: Component,
    outer: Scope | null,
    caller: InstanceState | null,
    imports: Supplier,
  ): InstanceItem {
    const { limits } = this.#store;
    if (++this.#instances > limits.instances) limit(`more than ${limits.instances} component instances`);
    const scope = new Scope(outer);
    if (depthOf(caller) > limits.nesting || scope.depth > limits.nesting)
      limit(`components nested more than ${limits.nesting} deep`);
    const state = new InstanceState(caller, this.#store.handles);
    const exports = new Map<string, Item>();
    for (const definition of component.definitions) {
      this.#count(1);
      this.#define(definition, scope, state, imports, exports);
    }
    state.mayEnter = true;
    return { exports };
  }

  #define(
    definition: Definition,
    scope: Scope,
    state: InstanceState,
    imports: Supplier,
    exports: Map<string, Item>,
  ): void {
    const { types } = this.#store;
    switch (definition.kind) {
      case "core-module":
        scope.modules.push(definition.module);
        return;
      case "core-instance":
        scope.coreInstances.push(this.#coreInstance(definition, scope));
        return;
      case "core-type":
        scope.coreTypes++;
        return;
      case "component":
        scope.components.push({ component: definition.component, scope });
        return;
      case "instance":
        scope.instances.push(this.#instance(definition, scope, state));
        return;
      case "alias":
        alias(definition, scope);
        return;
      case "type":
        if (definition.type.kind === "resource") {
          const { destructor } = definition.type;
          const core = destructor === null ? null : at(scope.core.func, destructor, "core function");
          scope.types.push(this.#store.guestResource(state, destroyer(this.#store, state, core)));
        } else scope.types.push(resolveType(definition.type, scope, types));
        return;
      case "canon":
        this.#canon(definition, scope, state);
        return;
      case "start":
        throw new ComponentError(
          "unsupported",
          "the component has a start function of its own, part of a proposal that other engines refuse, too",
        );
      case "import":
        scope.add(matchExtern(definition.extern, definition.name, imports, scope, types, this.#limits));
        return;
      case "export": {
        let item = scope.item(definition.sort, definition.index);
        const { extern, name } = definition;
        if (extern?.kind === "instance" && item.sort === "instance") {
          const declared = at(scope.types, extern.type, "type");
          if (declared.kind !== "instance-type") invalid(`export "${name}" is given a type that is no instance's`);
          const given = new Given(item.instance.exports, `export "${name}"`);
          item = { sort: "instance", instance: matchInstance(declared, given, types, this.#limits) };
        }
        if (exports.has(name)) invalid(`the component exports "${name}" twice`);
        exports.set(name, item);
        scope.add(item);
        return;
      }
      default:
        definition satisfies never;
    }
  }

  #coreInstance({ from }: CoreInstance, scope: Scope) {
    if (from.kind === "exports") {
      this.#count(from.exports.length);
      const items = new Map<string, CoreItem>();
      for (const { name, sort, index } of from.exports) items.set(name, scope.coreItem(sort, index));
      return items;
    }
    const { limits } = this.#store;
    if (++this.#coreInstances > limits.coreInstances) limit(`more than ${limits.coreInstances} core instances`);
    const args = from.args.map(
      ({ name, instance }) => [name, at(scope.coreInstances, instance, "core instance")] as const,
    );
    for (const [, { size }] of args) this.#count(size);
    const imports = coreImports(args);
    const module = at(scope.modules, from.module, "core module");
    const exports = coreExports(instantiated(() => this.#instantiateCore(module, imports)));
    this.#count(exports.size);
    return exports;
  }

  #instance({ from }: Instance, scope: Scope, state: InstanceState): InstanceItem {
    this.#count(from.kind === "exports" ? from.exports.length : from.args.length);
    if (from.kind === "exports") return { exports: itemsOf(from.exports, scope) };
    const { component, scope: outer } = at(scope.components, from.component, "component");
    const given = new Given(itemsOf(from.args, scope), "the arguments of an instantiation");
    return this.instantiate(component, outer, state, given);
  }

  #canon({ canon }: Canon, scope: Scope, state: InstanceState): void {
    const store = this.#store;
    if (canon.kind !== "lift" && canon.kind !== "lower") {
      const type = resourceAt(scope, canon.resource);
      const make = { "resource-new": resourceNew, "resource-drop": resourceDrop, "resource-rep": resourceRep };
      scope.core.func.push(atBorder(store, make[canon.kind](store, state, type)));
      return;
    }
    const { encoding, memory, realloc, postReturn } = canon.options;
    const func = (index: number | null) => (index === null ? null : at(scope.core.func, index, "core function"));
    const options = {
      encoding,
      memory: memory === null ? null : require32Bits(at(scope.core.memory, memory, "core memory")),
      realloc: func(realloc),
      postReturn: func(postReturn),
    };
    if (canon.kind === "lift") {
      const core = func(canon.coreFunction) as CoreFunction;
      scope.funcs.push(liftFunction(store, state, core, functionAt(scope, canon.type), options));
    } else {
      const callee = at(scope.funcs, canon.function, "function");
      scope.core.func.push(atBorder(store, lowerFunction(store, state, callee, options)));
    }
  }

  #count(more: number): void {
    const { definitions } = this.#store.limits;
    this.#definitions += more;
    if (this.#definitions > definitions) limit(`more than ${definitions} definitions over all its instances`);
  }
}

function atBorder(store: Store, core: CoreFunction): CoreFunction {
  store.border.add(core);
  return core;
}

function itemsOf(names: readonly SortedName[], scope: Scope): Map<string, Item> {
  const items = new Map<string, Item>();
  for (const { name, sort, index } of names) {
    if (items.has(name)) invalid(`"${name}" is given twice`);
    items.set(name, scope.item(sort, index));
  }
  return items;
}

function alias({ target }: Alias, scope: Scope): void {
  switch (target.kind) {
    case "export": {
      const item = at(scope.instances, target.instance, "instance").exports.get(target.name);
      if (item?.sort !== target.sort)
        invalid(`an alias names the export "${target.name}", which is no ${target.sort} of that instance`);
      scope.add(item);
      return;
    }
    case "core-export": {
      const item = at(scope.coreInstances, target.instance, "core instance").get(target.name);
      if (item?.sort !== target.sort)
        invalid(`an alias names the core export ${show(target.name)}, which is no ${target.sort} of that instance`);
      scope.addCore(item);
      return;
    }
    case "outer": {
      const outer = scope.outer(target.count);
      if (target.sort === "core-type") scope.coreTypes++;
      else scope.add(outer.item(target.sort, target.index));
      return;
    }
    default:
      target satisfies never;
  }
}

function depthOf(instance: InstanceState | null): number {
  let depth = 0;
  for (let each = instance; each; each = each.parent) depth++;
  return depth;
}

function limit(what: string): never {
  throw new ComponentError("limit", `the component takes ${what}`);
}
