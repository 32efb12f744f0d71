/**
 * Job: which core modules a component will instantiate, in order, without doing so: nothing in a component is conditional,
 * so that the driver can know every memory and the whole fuel of starting before anything runs.
 * Never: read types or functions; a component that plans may still fail to link.
 */
import type { Component, Definition, SortedName } from "@capsule-run/instrument/component";
import { ComponentError } from "./errors.ts";
import { type ComponentLimits, defaultLimits } from "./limits.ts";

/** What of a component can hold core modules; functions and types are left out. */
type Planned =
  | { readonly sort: "core-module"; readonly module: number }
  | { readonly sort: "component"; readonly component: Component; readonly scope: PlanScope }
  | { readonly sort: "instance"; readonly exports: Exports };
/** Null: an import of the outermost component, which gives neither modules nor components. */
type Exports = ReadonlyMap<string, Planned> | null;

interface PlanScope {
  readonly parent: PlanScope | null;
  readonly modules: Planned[];
  readonly components: Planned[];
  readonly instances: Planned[];
}

/**
 * Numbers of core modules, as often as they are instantiated and in that order.
 * @throws ComponentError `limit` or `invalid_component`
 */
export function coreInstantiations(component: Component, limits: Partial<ComponentLimits> = {}): readonly number[] {
  const plan = new Plan({ ...defaultLimits, ...limits });
  plan.instantiate(component, null, null, 1);
  return plan.order;
}

class Plan {
  readonly order: number[] = [];
  readonly #limits: ComponentLimits;
  #definitions = 0;
  #instances = 0;

  constructor(limits: ComponentLimits) {
    this.#limits = limits;
  }

  instantiate(component: Component, parent: PlanScope | null, imports: Exports, depth: number): Exports {
    const { nesting, instances } = this.#limits;
    if (depth > nesting) limit(`components nested more than ${nesting} deep`);
    if (++this.#instances > instances) limit(`more than ${instances} component instances`);
    const scope: PlanScope = { parent, modules: [], components: [], instances: [] };
    const exports = new Map<string, Planned>();
    for (const definition of component.definitions) {
      this.#count(1);
      this.#define(definition, scope, imports, exports, depth);
    }
    return exports;
  }

  #define(
    definition: Definition,
    scope: PlanScope,
    imports: Exports,
    exports: Map<string, Planned>,
    depth: number,
  ): void {
    switch (definition.kind) {
      case "core-module":
        scope.modules.push({ sort: "core-module", module: definition.module });
        return;
      case "component":
        scope.components.push({ sort: "component", component: definition.component, scope });
        return;
      case "core-instance": {
        if (definition.from.kind === "exports") return;
        const found = scope.modules[definition.from.module];
        if (found?.sort !== "core-module") missing("core module");
        if (this.order.push(found.module) > this.#limits.coreInstances)
          limit(`more than ${this.#limits.coreInstances} core instances`);
        return;
      }
      case "instance": {
        const { from } = definition;
        this.#count(from.kind === "exports" ? from.exports.length : from.args.length);
        if (from.kind === "exports") {
          scope.instances.push({ sort: "instance", exports: namesOf(from.exports, scope) });
          return;
        }
        const found = scope.components[from.component];
        if (found?.sort !== "component") missing("component");
        const made = this.instantiate(found.component, found.scope, namesOf(from.args, scope), depth + 1);
        scope.instances.push({ sort: "instance", exports: made });
        return;
      }
      case "alias": {
        const { target } = definition;
        if (target.kind === "export") {
          const found = scope.instances[target.instance];
          if (found?.sort !== "instance") missing("instance");
          take(found.exports, target.name, target.sort, scope);
        } else if (target.kind === "outer" && spaceOf(scope, target.sort)) {
          let outer: PlanScope | null = scope;
          for (let left = target.count; left > 0 && outer; left--) outer = outer.parent;
          const found = outer && spaceOf(outer, target.sort)![target.index];
          if (!found) missing(target.sort);
          spaceOf(scope, target.sort)!.push(found);
        }
        return;
      }
      case "import":
        take(imports, definition.name, definition.extern.kind, scope);
        return;
      case "export": {
        const space = spaceOf(scope, definition.sort);
        if (!space) return;
        const found = space[definition.index];
        if (!found) missing(definition.sort);
        exports.set(definition.name, found);
        space.push(found);
        return;
      }
      case "core-type":
      case "type":
      case "canon":
      case "start":
        return;
      default:
        definition satisfies never;
    }
  }

  #count(more: number): void {
    this.#definitions += more;
    if (this.#definitions > this.#limits.definitions)
      limit(`more than ${this.#limits.definitions} definitions over all its instances`);
  }
}

function spaceOf(scope: PlanScope, sort: string): Planned[] | null {
  if (sort === "core-module") return scope.modules;
  if (sort === "component") return scope.components;
  return sort === "instance" ? scope.instances : null;
}

/** By name, into the space of its sort; of the host's imports only instances, which stay unknown. */
function take(from: Exports, name: string, sort: string, scope: PlanScope): void {
  const space = spaceOf(scope, sort);
  if (!space) return;
  if (from === null) {
    if (sort !== "instance")
      throw new ComponentError("unsupported", `the component imports the ${sort} "${name}"; the host gives none`);
    space.push({ sort: "instance", exports: null });
    return;
  }
  const found = from.get(name);
  if (found?.sort !== sort) missing(`${sort} "${name}"`);
  space.push(found);
}

function namesOf(names: readonly SortedName[], scope: PlanScope): Map<string, Planned> {
  const found = new Map<string, Planned>();
  for (const { name, sort, index } of names) {
    const space = spaceOf(scope, sort);
    if (!space) continue;
    const planned = space[index];
    if (!planned) return missing(sort);
    found.set(name, planned);
  }
  return found;
}

function missing(what: string): never {
  throw new ComponentError("invalid_component", `the component names a ${what} that is not there`);
}
function limit(what: string): never {
  throw new ComponentError("limit", `the component takes ${what}`);
}
