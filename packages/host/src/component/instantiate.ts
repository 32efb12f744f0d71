/**
 * Job: a component made to run: linked against the host, its exports as functions on values.
 * Never: meter, read files, or wait; everything is synchronous.
 */
import type { Component } from "@capsule-run/instrument/component";
import type { FunctionType, Type } from "./abi/types.ts";
import type { ComponentFunction, Receiver } from "./canon.ts";
import { ComponentError, ComponentValueError } from "./errors.ts";
import { type ComponentLimits, defaultLimits } from "./limits.ts";
import { type InstantiateCore, Linker } from "./link/definitions.ts";
import { requireInterfaces } from "./link/interfaces.ts";
import type { World } from "./link/promise.ts";
import type { InstanceItem, Item } from "./link/scope.ts";
import { HostRoot, type Resolve } from "./link/supplier.ts";
import { argumentMismatch } from "./mismatch.ts";
import type { ResourceType } from "./resources.ts";
import { enteringSet, Store } from "./store.ts";
import type { ComponentValue } from "./value.ts";

export interface InstantiateOptions {
  /**
   * Instantiates a core module by its number (among all of the component, in the order of the binary). The driver adds what
   * its meter needs to the imports. Called as often as {@link coreInstantiations} says, in that order.
   */
  readonly instantiateCore: InstantiateCore;
  /** What the host gives for each import of the outermost component. */
  readonly resolve: Resolve;
  /**
   * The types of what {@link resolve} gives: a component that imports a function with another type is refused. Without it
   * functions of the host must be ready for arguments of any type.
   */
  readonly world?: World;
  readonly limits?: Partial<ComponentLimits>;
}

/** An instance that can be called from outside. After anything in it has failed, every call throws. */
export interface ComponentInstance {
  readonly exports: ReadonlyMap<string, ComponentExport>;
}

export type ComponentExport =
  | ExportedFunction
  | { readonly kind: "instance"; readonly exports: ReadonlyMap<string, ComponentExport> }
  | { readonly kind: "type"; readonly type: Type | FunctionType | ResourceType | null }
  | { readonly kind: "component" }
  | { readonly kind: "core-module" };

export interface ExportedFunction {
  readonly kind: "func";
  readonly type: FunctionType;
  /** Throws a `ComponentValueError`, before anything runs, where arguments do not fit. */
  readonly call: (...args: readonly ComponentValue[]) => ComponentValue | undefined;
}

/**
 * Links and instantiates: start functions of its core modules run now.
 * @throws ComponentError where it cannot be linked; what a core module or the host throws, as it is.
 * @example
 * ```ts
 * const { component, modules } = decodeComponent(bytes);
 * const compiled = modules.map((module) => new WebAssembly.Module(module));
 * const instance = instantiate(component, {
 *   instantiateCore: (module, imports) => new WebAssembly.Instance(compiled[module]!, imports),
 *   resolve: byName(interfaces),
 * });
 * const add = instance.exports.get("add");
 * if (add?.kind === "func") add.call(1, 2);
 * ```
 */
export function instantiate(component: Component, options: InstantiateOptions): ComponentInstance {
  const store = new Store({ ...defaultLimits, ...options.limits });
  const linker = new Linker(store, options.instantiateCore);
  const names = component.definitions.flatMap((each) => (each.kind === "import" ? [each.name] : []));
  const root = store.run(() => {
    requireInterfaces(component, options.resolve);
    const host = new HostRoot(store, options.resolve, options.world ?? null, names);
    return linker.instantiate(component, null, null, host);
  });
  return { exports: exportsOf(store, root, { left: store.limits.exports }, 1) };
}

/** An instance that is exported twice unfolds twice: `budget` ends what doubles at each level. */
function exportsOf(
  store: Store,
  instance: InstanceItem,
  budget: { left: number },
  depth: number,
): ReadonlyMap<string, ComponentExport> {
  const exports = new Map<string, ComponentExport>();
  budget.left -= instance.exports.size;
  if (depth > store.limits.nesting)
    throw new ComponentError("limit", `the component exports instances nested more than ${store.limits.nesting} deep`);
  if (budget.left < 0)
    throw new ComponentError("limit", `the component exports more than ${store.limits.exports} things, one in another`);
  for (const [name, item] of instance.exports) exports.set(name, exportOf(store, item, budget, depth));
  return exports;
}

function exportOf(store: Store, item: Item, budget: { left: number }, depth: number): ComponentExport {
  switch (item.sort) {
    case "func":
      return { kind: "func", type: item.func.type, call: caller(store, item.func) };
    case "instance":
      return { kind: "instance", exports: exportsOf(store, item.instance, budget, depth + 1) };
    case "type": {
      const { type } = item;
      return { kind: "type", type: "declarations" in type ? null : type };
    }
    case "component":
    case "core-module":
      return { kind: item.sort };
  }
}

function caller(store: Store, callee: ComponentFunction): ExportedFunction["call"] {
  const entering = callee.instance ? enteringSet(callee.instance, null) : [];
  return (...args) => {
    const wrong = argumentMismatch(callee.type, args);
    if (wrong !== null) throw new ComponentValueError(wrong);
    return store.run(() => {
      let result: ComponentValue | undefined;
      const receiver: Receiver = {
        receive(value) {
          result = value;
          return undefined;
        },
      };
      callee.call(entering, args, receiver, 0);
      return result;
    });
  };
}
