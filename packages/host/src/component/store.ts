/**
 * Job: what all instances of one run share: the first failure (after which nothing is entered again), the budget of
 * values, and which component instance may be entered or left now.
 * Source: CanonicalABI.md, "Component Instances": enter_from, leave_to, entering_set.
 * Never: values (see abi/), nor definitions (see link/).
 */
import { Codecs } from "./abi/codec.ts";
import type { CoreFunction } from "./abi/core.ts";
import { Types } from "./abi/types.ts";
import { ComponentError, ComponentTrap, trap } from "./errors.ts";
import type { ComponentLimits } from "./limits.ts";
import { type GuestResourceType, type HandleBudget, HandleTable, type HostResourceType } from "./resources.ts";
import type { HostResource } from "./value.ts";

/** One component instance, as its borders see it. */
export class InstanceState {
  readonly parent: InstanceState | null;
  readonly handles: HandleTable;
  /** False while it, or an instance inside it, runs; and until it is instantiated. */
  mayEnter = false;
  /** False while it only serves its border: in realloc and post-return. */
  mayLeave = true;
  constructor(parent: InstanceState | null, handles: HandleBudget) {
    this.parent = parent;
    this.handles = new HandleTable(handles);
  }
}

/** The instances that a call enters: the callee and its ancestors, without those that the caller is in already. */
export function enteringSet(callee: InstanceState, caller: InstanceState | null): readonly InstanceState[] {
  const inside = new Set(ancestors(caller));
  return ancestors(callee).filter((instance) => !inside.has(instance));
}

/**
 * Whether one holds the other, or they are one. The component model's text lets a parent and its child call each other
 * ("donut wrapping"); its tests and Wasmtime trap for now, and so do we.
 */
export function related(a: InstanceState, b: InstanceState): boolean {
  return ancestors(a).includes(b) || ancestors(b).includes(a);
}

export function enter(instances: readonly InstanceState[]): void {
  for (const instance of instances) if (!instance.mayEnter) trap("a component instance is entered while it runs");
  for (const instance of instances) instance.mayEnter = false;
}

export function leave(instances: readonly InstanceState[]): void {
  for (const instance of instances) instance.mayEnter = true;
}

function ancestors(instance: InstanceState | null): InstanceState[] {
  const found: InstanceState[] = [];
  for (let each = instance; each; each = each.parent) found.push(each);
  return found;
}

export class Store {
  readonly limits: ComponentLimits;
  readonly types: Types;
  readonly codecs = new Codecs();
  readonly handles: HandleBudget;
  /** Core functions that are not a module's: lowered ones, and the built-ins of resources. */
  readonly border = new WeakSet<CoreFunction>();
  /** What failed first. A field, so that to note it takes no call: the stack may be full. */
  failure: { readonly reason: unknown } | null = null;
  readonly #hostTypes = new Map<HostResource, HostResourceType>();
  #resources = 0;
  #lifted = 0;

  constructor(limits: ComponentLimits) {
    this.limits = limits;
    this.types = new Types(limits);
    this.handles = { left: limits.handles };
  }

  /** Throws when something has failed before: state is broken, nothing runs again. */
  alive(): void {
    if (this.failure)
      throw new ComponentTrap("the component cannot be called any more: an earlier call trapped or failed", {
        cause: this.failure.reason,
      });
  }

  /** Runs from outside into a guest: what failed first is what comes out, unchanged. */
  run<Result>(call: () => Result): Result {
    this.alive();
    let result: Result;
    try {
      result = call();
    } catch (error) {
      this.failure ??= { reason: error };
      throw this.failure.reason;
    }
    if (this.failure) throw this.failure.reason;
    return result;
  }

  /** Before a call lifts: its budget of values is whole. */
  beginLift(): void {
    this.#lifted = 0;
  }

  /** Values of about so many bytes are made of guest memory. */
  lift(bytes: number): void {
    this.#lifted += bytes;
    if (this.#lifted > this.limits.liftBytes)
      trap(`a call passes values of more than ${this.limits.liftBytes} bytes; that is the limit`);
  }

  /** One value of about so many bytes is made in JavaScript's heap. */
  allocate(bytes: number): void {
    if (bytes > this.limits.largestValue)
      trap(`a string or a list of ${bytes} bytes is passed; the limit is ${this.limits.largestValue}`);
  }

  hostResource(host: HostResource): HostResourceType {
    let type = this.#hostTypes.get(host);
    if (!type) {
      type = { kind: "resource", id: this.#resources++, owner: null, host };
      this.#hostTypes.set(host, type);
    }
    return type;
  }

  guestResource(owner: InstanceState, destroy: GuestResourceType["destroy"]): GuestResourceType {
    if (this.#resources >= this.limits.types)
      throw new ComponentError("limit", `the component has more than ${this.limits.types} resource types`);
    return { kind: "resource", id: this.#resources++, owner, destroy };
  }
}
