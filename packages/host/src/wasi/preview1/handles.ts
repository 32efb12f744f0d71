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
  /** What fd_readdir listed when it began; its cookies count in it. */
  listing: readonly DirectoryEntry[] | null;
}

export class Handles {
  readonly #handles: (Handle | undefined)[] = [];
  /** No free number is lower. */
  #lowest = 0;

  constructor(kernel: Kernel) {
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

  close(number: number): void {
    const { open } = this.get(number);
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
    replaced.open.close();
  }
}
