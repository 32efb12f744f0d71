/**
 * Job: resource types, the handles of a component instance, and objects that stand for a guest's resources.
 * Source: CanonicalABI.md, "Table State", "Resource State".
 * Never: decide who may be called when (see store.ts).
 */
import { ComponentTrap, ComponentValueError, trap } from "./errors.ts";
import type { InstanceState } from "./store.ts";
import type { HostResource } from "./value.ts";

/** Two resource types are the same only if they are one object. */
export type ResourceType = GuestResourceType | HostResourceType;

export interface GuestResourceType {
  readonly kind: "resource";
  readonly id: number;
  /** The component instance that defined it. */
  readonly owner: InstanceState;
  /** Ends a representation; takes the instance that drops, or null for the host. */
  readonly destroy: (representation: number, caller: InstanceState | null) => void;
}
export interface HostResourceType {
  readonly kind: "resource";
  readonly id: number;
  readonly owner: null;
  readonly host: HostResource;
}

/** Counts the borrows that a call has handed to its callee; all must be dropped when it returns. */
export interface BorrowScope {
  borrows: number;
  /** What the host lends; it cannot drop them meanwhile. */
  readonly lenders: GuestResource[];
}

export class Handle {
  readonly type: ResourceType;
  /** A guest's number, or a host's object. */
  readonly representation: number | object;
  /** Null: this handle owns. */
  readonly scope: BorrowScope | null;
  lends = 0;
  constructor(type: ResourceType, representation: number | object, scope: BorrowScope | null) {
    this.type = type;
    this.representation = representation;
    this.scope = scope;
  }
}

/** How many handles all instances of a run may still make. */
export interface HandleBudget {
  left: number;
}

/** The handles of one component instance: index 0 is none, the slot freed last is taken first. */
export class HandleTable {
  readonly #slots: (Handle | null)[] = [null];
  readonly #free: number[] = [];
  readonly #budget: HandleBudget;

  constructor(budget: HandleBudget) {
    this.#budget = budget;
  }

  add(handle: Handle): number {
    if (this.#budget.left === 0) trap("the component holds as many handles as it may");
    this.#budget.left--;
    const free = this.#free.pop();
    if (free !== undefined) {
      this.#slots[free] = handle;
      return free;
    }
    return this.#slots.push(handle) - 1;
  }

  get(index: number, type: ResourceType): Handle {
    const handle = this.#slots[index];
    if (!handle) return trap(`handle ${index} is not in use`);
    if (handle.type !== type) return trap(`handle ${index} is of another resource type`);
    return handle;
  }

  /** Takes out a handle that nobody borrows from. */
  remove(index: number, type: ResourceType): Handle {
    const handle = this.get(index, type);
    if (handle.lends > 0) trap(`handle ${index} is given up while it is borrowed`);
    this.#slots[index] = null;
    this.#free.push(index);
    this.#budget.left++;
    return handle;
  }

  removeOwned(index: number, type: ResourceType): Handle {
    const handle = this.remove(index, type);
    if (handle.scope) trap(`handle ${index} is borrowed; only an owned one can be passed on as owned`);
    return handle;
  }
}

/** What the host holds of a resource that lives in a guest: given by an export's result, or as an argument of an import. */
export class GuestResource {
  readonly type: GuestResourceType;
  #representation: number | null;
  #owned: boolean;
  #lends = 0;

  constructor(type: GuestResourceType, representation: number, owned: boolean) {
    this.type = type;
    this.#representation = representation;
    this.#owned = owned;
  }

  /** Whether the resource ends with {@link drop}; a borrowed one ends with the call that it was given to. */
  get owned(): boolean {
    return this.#owned && this.#representation !== null;
  }

  /** Ends the resource; its destructor runs in the guest. Again: nothing happens. */
  drop(): void {
    if (this.#representation === null) return;
    this.type.destroy(this.take(this.type), null);
  }

  /** Gives ownership away. */
  take(type: ResourceType): number {
    if (!this.#owned) throw new ComponentValueError("this resource is borrowed; only an owned one can be given away");
    if (this.#lends > 0) throw new ComponentTrap("a resource is given up while it is borrowed");
    const representation = this.see(type);
    this.#representation = null;
    return representation;
  }

  see(type: ResourceType): number {
    if (this.type !== type) throw new ComponentValueError("this resource is of another type than the one wanted");
    if (this.#representation === null)
      throw new ComponentValueError(
        "this resource has been dropped, given away, or was borrowed for a call that is over",
      );
    return this.#representation;
  }

  lend(): void {
    this.#lends++;
  }
  giveBack(): void {
    this.#lends--;
  }
  /** The call that it was borrowed for is over. */
  expire(): void {
    this.#representation = null;
  }
}
