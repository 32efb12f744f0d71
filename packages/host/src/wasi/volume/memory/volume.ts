/** Job: a volume in the worker's memory, for /tmp: empty at the start, gone at the end, never larger than its limit. Never: the host's files. */
import type { Clock } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Ledger } from "../../ledger.ts";
import {
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenHow,
  type Stat,
  SymbolicLink,
  type Times,
} from "../../node.ts";
import { MemoryFile } from "./file.ts";
import {
  type AnyInode,
  DirectoryInode,
  FileInode,
  holds,
  type Inode,
  LinkInode,
  setInodeTimes,
  Volume,
} from "./inode.ts";

/** What a name and its node cost besides data, roughly: without it, empty files would be free. */
const nodeBytes = 512;

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
    const inode = this.#volume.ledger.newEntry(() => {
      this.#volume.take(nodeBytes);
      return make(this.#volume.nextInode(), this.#volume.clock.wall());
    });
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
