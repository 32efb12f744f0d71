/** Job: what the volume in memory is made of: files, links, directories, and the account of their bytes. Never: names of the guest's tree. */
import type { Clock } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Ledger } from "../../ledger.ts";
import type { Stat, Times } from "../../node.ts";
import { devices } from "../fixed.ts";

export abstract class Inode {
  readonly number: bigint;
  links = 1;
  accessedNs: bigint;
  modifiedNs: bigint;
  changedNs: bigint;
  abstract readonly type: "directory" | "regular-file" | "symbolic-link";
  abstract readonly size: number;

  constructor(number: bigint, now: bigint) {
    this.number = number;
    this.accessedNs = now;
    this.modifiedNs = now;
    this.changedNs = now;
  }

  stat(): Stat {
    return {
      device: devices.temporary,
      inode: this.number,
      type: this.type,
      links: BigInt(this.links),
      size: BigInt(this.size),
      accessedNs: this.accessedNs,
      modifiedNs: this.modifiedNs,
      changedNs: this.changedNs,
    };
  }
}

export class FileInode extends Inode {
  readonly type = "regular-file";
  bytes = new Uint8Array(0);
  size = 0;
  opened = 0;
}

export class LinkInode extends Inode {
  readonly type = "symbolic-link";
  readonly target: string;
  constructor(number: bigint, now: bigint, target: string) {
    super(number, now);
    this.target = target;
  }
  get size(): number {
    return this.target.length;
  }
}

export class DirectoryInode extends Inode {
  readonly type = "directory";
  readonly size = 0;
  readonly names = new Map<string, AnyInode>();
  parent: DirectoryInode | null;
  removed = false;
  constructor(number: bigint, now: bigint, parent: DirectoryInode | null) {
    super(number, now);
    this.parent = parent;
  }
}

export type AnyInode = FileInode | LinkInode | DirectoryInode;

export class Volume {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly #maxBytes: number;
  #bytes = 0;
  #inodes = 0n;

  constructor(maxBytes: number, clock: Clock, ledger: Ledger) {
    this.#maxBytes = maxBytes;
    this.clock = clock;
    this.ledger = ledger;
  }

  nextInode(): bigint {
    this.#inodes += 1n;
    return this.#inodes;
  }

  get free(): number {
    return this.#maxBytes - this.#bytes;
  }
  take(bytes: number): void {
    if (bytes > this.free) throw new Fault("ENOSPC");
    this.#bytes += bytes;
  }
  give(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** What a file or link held, once no name and no handle has it any more. */
  drop(inode: AnyInode): void {
    if (inode.links > 0) return;
    if (inode.type === "symbolic-link") this.give(inode.target.length);
    if (inode.type !== "regular-file" || inode.opened > 0) return;
    this.give(inode.bytes.length);
    inode.bytes = new Uint8Array(0);
    inode.size = 0;
  }

  /** Room for `size` bytes, growing by half at a time while there is space. */
  reserve(inode: FileInode, size: number): void {
    if (size <= inode.bytes.length) return;
    const more = size - inode.bytes.length;
    const spare = Math.min(inode.bytes.length >>> 1, Math.max(0, this.free - more));
    this.take(more + spare);
    const grown = new Uint8Array(size + spare);
    grown.set(inode.bytes.subarray(0, inode.size));
    inode.bytes = grown;
  }
}

export function setInodeTimes(inode: Inode, times: Times, volume: Volume): void {
  inode.accessedNs = times.accessedNs ?? inode.accessedNs;
  inode.modifiedNs = times.modifiedNs ?? inode.modifiedNs;
  inode.changedNs = volume.clock.wall();
}

/** Whether `below` is `inode` or lies under it. */
export function holds(inode: AnyInode, below: DirectoryInode): boolean {
  for (let at: DirectoryInode | null = below; at !== null; at = at.parent) if (at === inode) return true;
  return false;
}
