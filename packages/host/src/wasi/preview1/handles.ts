/** Job: preview1's descriptor numbers: the lowest free one, the rights of each, directory listings under way. Never: what a handle opens. */
import { Fault } from "../fault.ts";
import type { Kernel } from "../kernel.ts";
import type { DirectoryEntry } from "../node.ts";
import type { Open, OpenDirectory, OpenFile } from "../open.ts";
import { inheritable, possible } from "./rights.ts";

export interface Handle {
  readonly open: Open;
  /** Where a preopened directory stands in the guest's tree; null for all others. */
  readonly preopen: string | null;
  base: bigint;
  inheriting: bigint;
  /** What fd_readdir listed when it began; its cookies count in it. Null: not begun, or forgotten. */
  listing: readonly DirectoryEntry[] | null;
}

export class Handles {
  readonly #handles: (Handle | undefined)[] = [];
  /** No free number is lower. */
  #lowest = 0;
  /** Handles that remember a listing, the oldest first. */
  readonly #listings = new Set<Handle>();
  readonly #maxListed: number;

  constructor(kernel: Kernel) {
    this.#maxListed = kernel.ledger.quotas.directoryEntries;
    for (const open of kernel.streams) this.add(open, possible(open), 0n);
    for (const { guestPath, open } of kernel.preopens) this.add(open, possible(open), inheritable, guestPath);
  }

  add(open: Open, base: bigint, inheriting: bigint, preopen: string | null = null): number {
    let number = this.#lowest;
    while (this.#handles[number] !== undefined) number += 1;
    this.#handles[number] = { open, preopen, base: base & possible(open), inheriting, listing: null };
    this.#lowest = number + 1;
    return number;
  }

  /** The handle, if it has all of `rights`. */
  get(number: number, rights = 0n): Handle {
    const handle = this.#handles[number >>> 0];
    if (handle === undefined) throw new Fault("EBADF");
    if ((handle.base & rights) !== rights) throw new Fault("ENOTCAPABLE");
    return handle;
  }

  file(number: number, rights: bigint): OpenFile {
    const { open } = this.get(number);
    if (open.kind === "directory") throw new Fault("EISDIR");
    if (open.kind === "stream") throw new Fault("ESPIPE");
    this.get(number, rights);
    return open;
  }

  directory(number: number, rights: bigint): OpenDirectory {
    const { open } = this.get(number);
    if (open.kind !== "directory") throw new Fault("ENOTDIR");
    this.get(number, rights);
    return open;
  }

  /** Rights only ever shrink. */
  restrict(number: number, base: bigint, inheriting: bigint): void {
    const handle = this.get(number);
    if ((base & ~handle.base) !== 0n || (inheriting & ~handle.inheriting) !== 0n) throw new Fault("ENOTCAPABLE");
    handle.base = base;
    handle.inheriting = inheriting;
  }

  /** Remembers a listing. All together are no longer than one may be: the oldest are forgotten, and read again if need be. */
  list(handle: Handle, listing: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
    this.#listings.delete(handle);
    handle.listing = listing;
    this.#listings.add(handle);
    let total = 0;
    for (const { listing } of this.#listings) total += listing?.length ?? 0;
    for (const oldest of this.#listings) {
      if (total <= this.#maxListed) break;
      total -= oldest.listing?.length ?? 0;
      oldest.listing = null;
      this.#listings.delete(oldest);
    }
    return listing;
  }

  close(number: number): void {
    const handle = this.get(number);
    const { open } = handle;
    this.#listings.delete(handle);
    this.#handles[number >>> 0] = undefined;
    this.#lowest = Math.min(this.#lowest, number >>> 0);
    open.close();
  }

  /** `from` takes the number `to`, whose own thing is closed. Both must be open: numbers are never the guest's to invent. */
  renumber(from: number, to: number): void {
    const handle = this.get(from);
    const replaced = this.get(to);
    if (from >>> 0 === to >>> 0) return;
    this.#handles[to >>> 0] = handle;
    this.#handles[from >>> 0] = undefined;
    this.#lowest = Math.min(this.#lowest, from >>> 0);
    this.#listings.delete(replaced);
    replaced.open.close();
  }
}
