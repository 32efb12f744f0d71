/** Job: the index spaces of one component instance or type, and what stands in them. Never: fill them (see definitions.ts, match.ts). */
import type { Component, CoreSort, Declaration, Sort } from "@capsule-run/instrument/component";
import type { CoreFunction } from "../abi/core.ts";
import type { FunctionType, Type } from "../abi/types.ts";
import type { ComponentFunction } from "../canon.ts";
import { ComponentError } from "../errors.ts";
import type { ResourceType } from "../resources.ts";

/** What a type index stands for. Types of instances and components stay declarations: they are read against what is given. */
export type TypeItem = Type | FunctionType | ResourceType | DeclaredType;

export interface DeclaredType {
  readonly kind: "instance-type" | "component-type";
  readonly declarations: readonly Declaration[];
  /** Where it stands: what its outer aliases count from. */
  readonly scope: Scope;
}

export type Item =
  | { readonly sort: "func"; readonly func: ComponentFunction }
  | { readonly sort: "type"; readonly type: TypeItem }
  | { readonly sort: "instance"; readonly instance: InstanceItem }
  | { readonly sort: "component"; readonly component: ComponentItem }
  | { readonly sort: "core-module"; readonly module: number };

export interface InstanceItem {
  readonly exports: ReadonlyMap<string, Item>;
}
export interface ComponentItem {
  readonly component: Component;
  readonly scope: Scope;
}

export type CoreItem =
  | { readonly sort: "func"; readonly value: CoreFunction }
  | { readonly sort: "table"; readonly value: WebAssembly.Table }
  | { readonly sort: "memory"; readonly value: WebAssembly.Memory }
  | { readonly sort: "global"; readonly value: WebAssembly.Global }
  | { readonly sort: "tag"; readonly value: WebAssembly.Tag };

export type CoreInstanceItem = ReadonlyMap<string, CoreItem>;

export class Scope {
  readonly parent: Scope | null;
  readonly depth: number;
  /** Only counted. */
  coreTypes = 0;
  readonly coreInstances: CoreInstanceItem[] = [];
  readonly core = {
    func: [] as CoreFunction[],
    table: [] as WebAssembly.Table[],
    memory: [] as WebAssembly.Memory[],
    global: [] as WebAssembly.Global[],
    tag: [] as WebAssembly.Tag[],
  };
  readonly modules: number[] = [];
  readonly types: TypeItem[] = [];
  readonly funcs: ComponentFunction[] = [];
  readonly instances: InstanceItem[] = [];
  readonly components: ComponentItem[] = [];

  constructor(parent: Scope | null) {
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 0;
  }

  /** `count` scopes outwards. */
  outer(count: number): Scope {
    let scope: Scope | null = this;
    for (let left = count; left > 0 && scope; left--) scope = scope.parent;
    return scope ?? invalid(`an outer alias goes out ${count} components, where there are ${this.depth}`);
  }

  add(item: Item): void {
    switch (item.sort) {
      case "func":
        this.funcs.push(item.func);
        return;
      case "type":
        this.types.push(item.type);
        return;
      case "instance":
        this.instances.push(item.instance);
        return;
      case "component":
        this.components.push(item.component);
        return;
      case "core-module":
        this.modules.push(item.module);
        return;
      default:
        item satisfies never;
    }
  }

  item(sort: Sort, index: number): Item {
    switch (sort) {
      case "func":
        return { sort, func: at(this.funcs, index, "function") };
      case "type":
        return { sort, type: at(this.types, index, "type") };
      case "instance":
        return { sort, instance: at(this.instances, index, "instance") };
      case "component":
        return { sort, component: at(this.components, index, "component") };
      case "core-module":
        return { sort, module: at(this.modules, index, "core module") };
    }
  }

  addCore(item: CoreItem): void {
    (this.core[item.sort] as unknown[]).push(item.value);
  }

  coreItem(sort: CoreSort, index: number): CoreItem {
    switch (sort) {
      case "func":
        return { sort, value: at(this.core.func, index, "core function") };
      case "table":
        return { sort, value: at(this.core.table, index, "core table") };
      case "memory":
        return { sort, value: at(this.core.memory, index, "core memory") };
      case "global":
        return { sort, value: at(this.core.global, index, "core global") };
      case "tag":
        return { sort, value: at(this.core.tag, index, "core tag") };
      default:
        return invalid(`a core ${sort} does not stand here`);
    }
  }
}

export function at<Value>(space: readonly Value[], index: number, what: string): Value {
  const value = space[index];
  return value === undefined ? invalid(`there is no ${what} ${index}: ${space.length} are defined before it`) : value;
}

export function invalid(message: string): never {
  throw new ComponentError("invalid_component", message);
}
