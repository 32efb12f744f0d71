/**
 * Job: follow a component's instantiations without running anything: how often each component inside is instantiated, and
 * which core modules each of its instances starts. All of it is known from the binary: nothing is instantiated at run time.
 * Never: types; what an imported instance may be stays unknown.
 */
import { InstrumentError } from "../errors.ts";
import type { Component, Definition, SortedName } from "./model.ts";

/** Component instances of one tree; C that holds two B that hold two A … doubles with each line. */
const mostInstantiations = 10_000;
/** Definitions, arguments and exports that are looked at on the way. */
const mostSteps = 5_000_000;
const deepestChain = 500;

interface Closure {
  readonly kind: "component";
  readonly component: Component;
  readonly outer: Environment;
}
interface CoreModuleItem {
  readonly kind: "core-module";
  readonly module: number;
}
interface InstanceItem {
  readonly kind: "instance";
  /** Null: imported from the host. */
  readonly exports: ReadonlyMap<string, Item> | null;
}
/** Only what can be instantiated, or lead to it; the rest is null. */
type Item = Closure | CoreModuleItem | InstanceItem | null;

interface Environment {
  readonly parent: Environment | null;
  readonly modules: Item[];
  readonly components: Item[];
  readonly instances: Item[];
}

/** What the instances of one component start: the numbers of core modules, in order. */
export interface Instances {
  readonly count: number;
  /** Of each instance; equal ones once. */
  readonly started: readonly (readonly number[])[];
}

/** Of every component that is instantiated, the outermost one first. */
export function followInstantiations(outermost: Component): ReadonlyMap<Component, Instances> {
  const found = new Map<Component, { count: number; started: Map<string, readonly number[]> }>();
  let instantiations = 0;
  let steps = 0;
  const look = (count: number) => {
    steps += count;
    if (steps > mostSteps)
      throw new InstrumentError("limit", "the component's instances have more definitions than can be followed");
  };

  const instantiate = (
    closure: Closure,
    args: ReadonlyMap<string, Item> | null,
    depth: number,
  ): ReadonlyMap<string, Item> => {
    if (++instantiations > mostInstantiations)
      throw new InstrumentError(
        "limit",
        `the component makes more than ${mostInstantiations} instances of the components in it`,
      );
    if (depth > deepestChain)
      throw new InstrumentError("limit", `instances are made by instances more than ${deepestChain} deep`);
    look(closure.component.definitions.length);
    const own: Environment = { parent: closure.outer, modules: [], components: [], instances: [] };
    const exports = new Map<string, Item>();
    const started: number[] = [];
    const space = (sort: string): Item[] | null =>
      sort === "core-module"
        ? own.modules
        : sort === "component"
          ? own.components
          : sort === "instance"
            ? own.instances
            : null;
    const items = (names: readonly SortedName[]) => {
      look(names.length);
      return new Map(names.map(({ name, sort, index }) => [name, space(sort)?.[index] ?? null]));
    };

    const step = (definition: Definition) => {
      switch (definition.kind) {
        case "core-module":
          own.modules.push(definition);
          break;
        case "component":
          own.components.push({ kind: "component", component: definition.component, outer: own });
          break;
        case "core-instance":
          if (definition.from.kind === "instantiate") {
            const module = own.modules[definition.from.module];
            if (module?.kind !== "core-module") throw fromHost("core module", definition.from.module);
            started.push(module.module);
          }
          break;
        case "instance": {
          if (definition.from.kind === "exports") {
            own.instances.push({ kind: "instance", exports: items(definition.from.exports) });
            break;
          }
          const component = own.components[definition.from.component];
          if (component?.kind !== "component") throw fromHost("component", definition.from.component);
          const exports = instantiate(component, items(definition.from.args), depth + 1);
          own.instances.push({ kind: "instance", exports });
          break;
        }
        case "alias": {
          const { target } = definition;
          if (target.kind === "core-export") break;
          if (target.kind === "export") {
            const instance = own.instances[target.instance];
            const exports = instance?.kind === "instance" ? instance.exports : null;
            const item = exports?.get(target.name) ?? null;
            space(target.sort)?.push(item ?? unknownItem(target.sort));
            break;
          }
          let from: Environment | null = own;
          for (let i = 0; i < target.count && from !== null; i++) from = from.parent;
          if (target.sort === "core-module") own.modules.push(from?.modules[target.index] ?? null);
          else if (target.sort === "component") own.components.push(from?.components[target.index] ?? null);
          break;
        }
        case "import":
          space(definition.extern.kind)?.push(args?.get(definition.name) ?? unknownItem(definition.extern.kind));
          break;
        case "export": {
          const item = space(definition.sort)?.[definition.index] ?? null;
          exports.set(definition.name, item);
          space(definition.sort)?.push(item);
          break;
        }
        default:
      }
    };
    for (const definition of closure.component.definitions) step(definition);
    const entry = found.get(closure.component) ?? { count: 0, started: new Map() };
    entry.count++;
    entry.started.set(started.join(), started);
    found.set(closure.component, entry);
    return exports;
  };

  const root: Environment = { parent: null, modules: [], components: [], instances: [] };
  instantiate({ kind: "component", component: outermost, outer: root }, null, 0);
  return new Map(
    [...found].map(([component, { count, started }]) => [component, { count, started: [...started.values()] }]),
  );
}

const unknownItem = (sort: string): Item => (sort === "instance" ? { kind: "instance", exports: null } : null);

const fromHost = (what: string, index: number): InstrumentError =>
  new InstrumentError(
    "unsupported",
    `${what} ${index} comes from the host: what it runs cannot be metered; compose it into the component first`,
  );
