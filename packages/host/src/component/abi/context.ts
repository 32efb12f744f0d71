/**
 * Job: what lift and lower see of the component instance on their side: its memory, its realloc, its encoding, its handles.
 * Source: CanonicalABI.md, "Lifting and Lowering Context".
 * Never: know types.
 */
import { ComponentError, trap } from "../errors.ts";
import { type BorrowScope, type GuestResource, Handle, type ResourceType } from "../resources.ts";
import type { InstanceState, Store } from "../store.ts";
import { type CoreFunction, callCore, unsigned } from "./core.ts";

export type Encoding = "utf8" | "utf16" | "latin1+utf16";

export interface ContextOptions {
  readonly memory: WebAssembly.Memory | null;
  readonly realloc: CoreFunction | null;
  readonly encoding: Encoding;
}

const nothing = new ArrayBuffer(0);

export class Context {
  readonly store: Store;
  readonly instance: InstanceState;
  readonly encoding: Encoding;
  readonly #memory: WebAssembly.Memory | null;
  readonly #realloc: CoreFunction | null;
  #buffer: ArrayBuffer = nothing;
  bytes = new Uint8Array(nothing);
  view = new DataView(nothing);
  /** While arguments are lowered: where borrows that the callee gets are counted. */
  scope: BorrowScope | null = null;
  /** While arguments are lifted: handles lent to the callee. */
  lent: Handle[] | null = null;
  /** While arguments are lifted: objects that stand for borrows until the call is over. */
  borrowed: GuestResource[] | null = null;

  constructor(store: Store, instance: InstanceState, options: ContextOptions) {
    this.store = store;
    this.instance = instance;
    this.encoding = options.encoding;
    this.#memory = options.memory;
    this.#realloc = options.realloc;
  }

  /** Before a guest's memory is looked at: it may have grown since. */
  refresh(): void {
    const buffer = this.#memory?.buffer as ArrayBuffer | undefined;
    if (buffer === undefined || buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** An address where `size` bytes may be read or written. */
  range(address: number, size: number, alignment: number): number {
    if (address % alignment !== 0) trap(`address ${address} is not a multiple of ${alignment}`);
    if (address + size > this.bytes.length)
      trap(`${size} bytes at ${address} are not within the memory of ${this.bytes.length} bytes`);
    return address;
  }

  /** Memory of the guest's own making; it may run now, but not leave its instance. */
  allocate(size: number, alignment: number): number {
    if (!this.#realloc)
      throw new ComponentError("invalid_component", "a value needs memory of a guest without a realloc");
    this.instance.mayLeave = false;
    const address = unsigned(callCore(this.#realloc, [0, 0, alignment, size]));
    this.instance.mayLeave = true;
    this.refresh();
    return this.range(address, size, alignment);
  }

  lend(index: number, type: ResourceType): Handle {
    const handle = this.instance.handles.get(index, type);
    handle.lends++;
    this.lent?.push(handle);
    return handle;
  }

  /** A handle for the callee, which must drop it before it returns. */
  borrow(type: ResourceType, representation: number | object): number {
    if (!this.scope) return trap("a borrow outside of a call's parameters");
    this.scope.borrows++;
    return this.instance.handles.add(new Handle(type, representation, this.scope));
  }
}
