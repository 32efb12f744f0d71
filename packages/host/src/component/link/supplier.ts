/**
 * Job: where imports come from: another component's exports, or the host; one way to ask both.
 * Never: read declarations (see match.ts).
 */
import type { FunctionType } from "../abi/types.ts";
import { type ComponentFunction, hostFunction } from "../canon.ts";
import { ComponentError } from "../errors.ts";
import type { ResourceType } from "../resources.ts";
import type { Store } from "../store.ts";
import type { HostFunction, HostInstance, HostResource } from "../value.ts";
import { isTypesOnly } from "./interfaces.ts";
import { type Promises, readPromises, type World } from "./promise.ts";
import type { ComponentItem, InstanceItem, Item, TypeItem } from "./scope.ts";

/** What an import is asked for by name; with a null prototype of everything that is not there. */
export interface Supplier {
  func(name: string, wanted: FunctionType): ComponentFunction;
  resource(name: string): ResourceType;
  /** `wanted`: what it must be; the host's types have no names, so that it takes the component's word. */
  type(name: string, wanted: TypeItem): TypeItem;
  instance(name: string, wanted: WantedInstance): Supplier;
  component(name: string): ComponentItem;
  module(name: string): number;
}

/** What a component wants of an instance that it imports. */
export interface WantedInstance {
  readonly kind: "instance";
  readonly functions: readonly string[];
  readonly resources: readonly string[];
}
export type Wanted = WantedInstance | { readonly kind: "func" | "resource" };

/** What the host gives for an import of the outermost component; undefined: nothing. */
export type Resolve = (name: string, wanted: Wanted) => HostInstance | HostFunction | HostResource | undefined;

/** The exports of an instance, or the arguments of an instantiation. */
export class Given implements Supplier {
  readonly #items: ReadonlyMap<string, Item>;
  readonly #where: string;
  constructor(items: ReadonlyMap<string, Item>, where: string) {
    this.#items = items;
    this.#where = where;
  }

  func(name: string, wanted: FunctionType): ComponentFunction {
    const { func } = this.#item(name, "func");
    if (func.type !== wanted)
      throw new ComponentError(
        "type_mismatch",
        `"${name}" of ${this.#where} is a function of another type than wanted`,
      );
    return func;
  }

  resource(name: string): ResourceType {
    const { type } = this.#item(name, "type");
    if (type.kind === "resource") return type;
    throw new ComponentError("type_mismatch", `"${name}" of ${this.#where} is a ${type.kind}; a resource is wanted`);
  }

  type(name: string, wanted: TypeItem): TypeItem {
    const { type } = this.#item(name, "type");
    const declared = (wanted.kind === "instance-type" || wanted.kind === "component-type") && wanted.kind === type.kind;
    if (type === wanted || declared) return type;
    throw new ComponentError("type_mismatch", `"${name}" of ${this.#where} is another type than wanted`);
  }

  instance(name: string): Supplier {
    return new Given(this.instanceItem(name).exports, `"${name}"`);
  }
  instanceItem(name: string): InstanceItem {
    return this.#item(name, "instance").instance;
  }
  component(name: string): ComponentItem {
    return this.#item(name, "component").component;
  }
  module(name: string): number {
    return this.#item(name, "core-module").module;
  }

  #item<S extends Item["sort"]>(name: string, sort: S): Extract<Item, { sort: S }> {
    const item = this.#items.get(name);
    if (!item) throw new ComponentError("missing_import", `${this.#where} has no "${name}"; a ${sort} is wanted`);
    if (item.sort !== sort)
      throw new ComponentError("type_mismatch", `"${name}" of ${this.#where} is a ${item.sort}; a ${sort} is wanted`);
    return item as Extract<Item, { sort: S }>;
  }
}

/** An interface of types alone, which a host need not give. */
const nothing: HostInstance = { functions: new Map(), resources: new Map() };

/** One interface of the host's. */
class HostSupplier implements Supplier {
  readonly #store: Store;
  readonly #name: string;
  readonly #host: HostInstance;
  readonly #promised: ReadonlyMap<string, FunctionType> | null;
  constructor(store: Store, name: string, host: HostInstance, promised: ReadonlyMap<string, FunctionType> | null) {
    this.#store = store;
    this.#name = name;
    this.#host = host;
    this.#promised = promised;
  }

  func(name: string, wanted: FunctionType): ComponentFunction {
    const call = this.#host.functions.get(name);
    if (!call) return this.#missing("function", name);
    if (this.#promised && !takesAndGives(this.#promised.get(name), wanted))
      throw new ComponentError(
        "type_mismatch",
        `the component imports "${name}" of "${this.#name}" with another type than that interface has`,
      );
    return hostFunction(wanted, call);
  }
  resource(name: string): ResourceType {
    const resource = this.#host.resources.get(name);
    return resource ? this.#store.hostResource(resource) : this.#missing("resource", name);
  }
  type(_: string, wanted: TypeItem): TypeItem {
    return wanted;
  }
  instance(name: string, wanted: WantedInstance): Supplier {
    return isTypesOnly(wanted) ? new HostSupplier(this.#store, name, nothing, null) : this.#missing("instance", name);
  }
  component(name: string): ComponentItem {
    return this.#missing("component", name);
  }
  module(name: string): number {
    return this.#missing("core module", name);
  }
  #missing(what: string, name: string): never {
    throw new ComponentError(
      "missing_import",
      `the component imports ${what} "${name}" of "${this.#name}", which this host does not give`,
    );
  }
}

/** Whether two functions take and give the same; how parameters are called is nothing to a host. */
function takesAndGives(one: FunctionType | undefined, other: FunctionType): boolean {
  if (one === undefined || one.result !== other.result || one.parameters.length !== other.parameters.length)
    return false;
  return one.parameters.every(({ type }, index) => type === other.parameters[index]!.type);
}

/** Everything that the host gives. */
export class HostRoot implements Supplier {
  readonly #store: Store;
  readonly #resolve: Resolve;
  readonly #promises: Promises | null;
  readonly #world: World | null;
  /** `names`: all that the component imports. */
  constructor(store: Store, resolve: Resolve, world: World | null, names: readonly string[]) {
    this.#store = store;
    this.#resolve = resolve;
    this.#world = world;
    this.#promises = world && readPromises(world, new Set(names.map(world.nameOf)), store);
  }

  func(name: string, wanted: FunctionType): ComponentFunction {
    const found = this.#resolve(name, { kind: "func" });
    if (typeof found !== "function") return this.#missing("function", name);
    return this.#world ? this.#untyped(name) : hostFunction(wanted, found);
  }
  resource(name: string): ResourceType {
    const found = this.#resolve(name, { kind: "resource" });
    return found && "drop" in found ? this.#store.hostResource(found) : this.#missing("resource", name);
  }
  type(_: string, wanted: TypeItem): TypeItem {
    return wanted;
  }
  instance(name: string, wanted: WantedInstance): Supplier {
    const found = this.#resolve(name, wanted);
    if (!found && isTypesOnly(wanted)) return new HostSupplier(this.#store, name, nothing, null);
    if (!found || !("functions" in found)) return this.#missing("instance", name);
    const lacking = [
      ...wanted.functions.filter((each) => !found.functions.has(each)),
      ...wanted.resources.filter((each) => !found.resources.has(each)),
    ];
    if (lacking.length === 0) return new HostSupplier(this.#store, name, found, this.#promisedBy(name));
    throw new ComponentError(
      "missing_import",
      `the component imports "${name}" with ${lacking.map((each) => `"${each}"`).join(", ")}, which this host does not give`,
    );
  }
  component(name: string): ComponentItem {
    return this.#missing("component", name);
  }
  module(name: string): number {
    return this.#missing("core module", name);
  }

  /** Null: the host promises nothing, it takes what components say. */
  #promisedBy(name: string): ReadonlyMap<string, FunctionType> | null {
    if (!this.#world || !this.#promises) return null;
    return this.#promises.get(this.#world.nameOf(name)) ?? this.#untyped(name);
  }

  #untyped(name: string): never {
    throw new ComponentError("type_mismatch", `this host gives "${name}", but its world does not say of what type`);
  }

  #missing(what: string, name: string): never {
    throw new ComponentError(
      "missing_import",
      `the component imports the ${what} "${name}", which this host does not give`,
    );
  }
}
