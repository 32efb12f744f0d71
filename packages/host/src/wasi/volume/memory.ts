/** Job: a volume in the worker's memory, for /tmp: empty at the start, gone at the end, never larger than its limit. Never: the host's files. */
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import type { Ledger } from "../ledger.ts";
import {
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenHow,
  type Stat,
  SymbolicLink,
  type Times,
} from "../node.ts";
import { devices } from "./fixed.ts";

/** What a name and its node cost besides data, roughly: without it, empty files would be free. */
const nodeBytes = 512;

abstract class Inode {
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

class FileInode extends Inode {
  readonly type = "regular-file";
  bytes = new Uint8Array(0);
  size = 0;
  opened = 0;
}

class LinkInode extends Inode {
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

class DirectoryInode extends Inode {
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

type AnyInode = FileInode | LinkInode | DirectoryInode;

class Volume {
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

class MemoryFile implements File {
  readonly kind = "file";
  readonly seekable = true;
  readonly #inode: FileInode;
  readonly #volume: Volume;

  constructor(inode: FileInode, volume: Volume) {
    this.#inode = inode;
    this.#volume = volume;
    inode.opened += 1;
  }
  stat(): Stat {
    return this.#inode.stat();
  }
  read(into: Uint8Array, position: number): number {
    const { bytes, size } = this.#inode;
    const from = bytes.subarray(Math.min(position, size), Math.min(position + into.length, size));
    into.set(from);
    return from.length;
  }
  write(from: Uint8Array, position: number | null): number {
    const inode = this.#inode;
    const at = position ?? inode.size;
    this.#volume.reserve(inode, at + from.length);
    inode.bytes.set(from, at);
    inode.size = Math.max(inode.size, at + from.length);
    this.#touch();
    return from.length;
  }
  setSize(size: number): void {
    const inode = this.#inode;
    if (size < inode.size) inode.bytes.fill(0, size, inode.size);
    else this.#volume.reserve(inode, size);
    inode.size = size;
    if (size === 0) {
      this.#volume.give(inode.bytes.length);
      inode.bytes = new Uint8Array(0);
    }
    this.#touch();
  }
  #touch(): void {
    const now = this.#volume.clock.wall();
    this.#inode.modifiedNs = now;
    this.#inode.changedNs = now;
  }
  setTimes(times: Times): void {
    setInodeTimes(this.#inode, times, this.#volume);
  }
  sync(): void {}
  close(): void {
    this.#inode.opened -= 1;
    this.#volume.drop(this.#inode);
  }
}

function setInodeTimes(inode: Inode, times: Times, volume: Volume): void {
  inode.accessedNs = times.accessedNs ?? inode.accessedNs;
  inode.modifiedNs = times.modifiedNs ?? inode.modifiedNs;
  inode.changedNs = volume.clock.wall();
}

/** Whether `below` is `inode` or lies under it. */
function holds(inode: AnyInode, below: DirectoryInode): boolean {
  for (let at: DirectoryInode | null = below; at !== null; at = at.parent) if (at === inode) return true;
  return false;
}

class MemoryDirectory implements Directory {
  readonly kind = "directory";
  readonly writable = true;
  readonly guestPath: string;
  readonly #inode: DirectoryInode;
  readonly #volume: Volume;

  constructor(inode: DirectoryInode, volume: Volume, guestPath: string) {
    this.#inode = inode;
    this.#volume = volume;
    this.guestPath = guestPath;
  }

  stat(): Stat {
    return this.#inode.stat();
  }

  #get(name: string): AnyInode {
    const inode = this.#inode.names.get(name);
    if (inode === undefined) throw new Fault("ENOENT");
    return inode;
  }

  statAt(name: string): Stat {
    return this.#get(name).stat();
  }

  readlinkAt(name: string): string {
    const inode = this.#get(name);
    if (inode.type !== "symbolic-link") throw new Fault("EINVAL");
    return inode.target;
  }

  enter(name: string): Directory | SymbolicLink {
    const inode = this.#get(name);
    if (inode.type === "symbolic-link") return new SymbolicLink(inode.target);
    if (inode.type !== "directory") throw new Fault("ENOTDIR");
    return this.#directory(inode, name);
  }

  #directory(inode: DirectoryInode, name: string): Directory {
    return new MemoryDirectory(inode, this.#volume, `${this.guestPath === "/" ? "" : this.guestPath}/${name}`);
  }

  openAt(name: string, how: OpenHow): File | Directory | SymbolicLink {
    let inode = this.#inode.names.get(name);
    if (inode !== undefined && how.create && how.exclusive) throw new Fault("EEXIST");
    if (inode === undefined) {
      if (!how.create || how.directory) throw new Fault("ENOENT");
      inode = this.#add(name, (number, now) => new FileInode(number, now));
    }
    if (inode.type === "symbolic-link") return new SymbolicLink(inode.target);
    if (inode.type === "directory") return this.#directory(inode, name);
    if (how.directory) throw new Fault("ENOTDIR");
    const file = new MemoryFile(inode, this.#volume);
    if (how.truncate) file.setSize(0);
    return file;
  }

  entries(limit: number): DirectoryEntry[] {
    if (this.#inode.names.size > limit) throw new Fault("ENOMEM");
    return [...this.#inode.names].map(([name, { type }]) => ({ name, type }));
  }

  #touch(...others: Inode[]): void {
    const now = this.#volume.clock.wall();
    for (const inode of [this.#inode, ...others]) {
      inode.changedNs = now;
      if (inode.type === "directory") inode.modifiedNs = now;
    }
  }

  #add<T extends AnyInode>(name: string, make: (number: bigint, now: bigint) => T): T {
    if (this.#inode.removed) throw new Fault("ENOENT");
    if (this.#inode.names.has(name)) throw new Fault("EEXIST");
    this.#volume.ledger.takeEntry();
    this.#volume.take(nodeBytes);
    const inode = make(this.#volume.nextInode(), this.#volume.clock.wall());
    this.#inode.names.set(name, inode);
    this.#touch();
    return inode;
  }

  #remove(name: string): void {
    const inode = this.#get(name);
    this.#inode.names.delete(name);
    this.#volume.give(nodeBytes);
    inode.links -= 1;
    if (inode.type === "directory") inode.removed = true;
    this.#touch(inode);
    this.#volume.drop(inode);
  }

  createDirectoryAt(name: string): void {
    this.#add(name, (number, now) => new DirectoryInode(number, now, this.#inode));
  }
  removeDirectoryAt(name: string): void {
    const inode = this.#get(name);
    if (inode.type !== "directory") throw new Fault("ENOTDIR");
    if (inode.names.size > 0) throw new Fault("ENOTEMPTY");
    this.#remove(name);
  }
  unlinkAt(name: string): void {
    if (this.#get(name).type === "directory") throw new Fault("EISDIR");
    this.#remove(name);
  }
  symlinkAt(name: string, target: string): void {
    this.#volume.take(target.length);
    try {
      this.#add(name, (number, now) => new LinkInode(number, now, target));
    } catch (error) {
      this.#volume.give(target.length);
      throw error;
    }
  }

  renameAt(name: string, to: Directory, toName: string): void {
    const target = this.#sibling(to);
    const inode = this.#get(name);
    const replaced = target.#inode.names.get(toName);
    if (replaced === inode) return;
    if (target.#inode.removed) throw new Fault("ENOENT");
    // As Linux orders it: into itself, onto one's own ancestor, then whatever the types forbid.
    if (holds(inode, target.#inode)) throw new Fault("EINVAL");
    if (replaced !== undefined && holds(replaced, this.#inode)) throw new Fault("ENOTEMPTY");
    if (inode.type === "directory") {
      if (replaced !== undefined && replaced.type !== "directory") throw new Fault("ENOTDIR");
      if (replaced?.type === "directory" && replaced.names.size > 0) throw new Fault("ENOTEMPTY");
    } else if (replaced?.type === "directory") {
      throw new Fault("EISDIR");
    }
    if (replaced !== undefined) target.#remove(toName);
    this.#inode.names.delete(name);
    target.#inode.names.set(toName, inode);
    if (inode.type === "directory") inode.parent = target.#inode;
    this.#touch(target.#inode);
  }

  linkAt(name: string, to: Directory, toName: string): void {
    const target = this.#sibling(to);
    const inode = this.#get(name);
    if (inode.type === "directory") throw new Fault("EPERM");
    target.#add(toName, () => inode);
    inode.links += 1;
    this.#touch(inode);
  }

  #sibling(to: Directory): MemoryDirectory {
    if (!(to instanceof MemoryDirectory) || to.#volume !== this.#volume) throw new Fault("EXDEV");
    return to;
  }

  setTimes(times: Times): void {
    setInodeTimes(this.#inode, times, this.#volume);
  }
  setTimesAt(name: string, times: Times): void {
    setInodeTimes(this.#get(name), times, this.#volume);
  }
  sync(): void {}
  duplicate(): Directory {
    return this;
  }
  close(): void {}
}

export function memoryVolume(maxBytes: number, guestPath: string, clock: Clock, ledger: Ledger): Directory {
  const volume = new Volume(maxBytes, clock, ledger);
  return new MemoryDirectory(new DirectoryInode(volume.nextInode(), clock.wall(), null), volume, guestPath);
}
