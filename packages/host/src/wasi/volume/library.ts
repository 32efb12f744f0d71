/** Job: an engine's own files as a read-only tree with fixed inodes, times and order. Never: any other of the host's files. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { StoredFile } from "../config.ts";
import { Fault } from "../fault.ts";
import type { Directory, DirectoryEntry, File, OpenHow, Stat } from "../node.ts";
import { devices, fixedStat } from "./fixed.ts";
import { UnchangingDirectory } from "./readonly.ts";

type Content = Uint8Array | StoredFile;

interface Branch {
  readonly inode: bigint;
  readonly branches: Map<string, Branch>;
  readonly leaves: Map<string, { readonly inode: bigint; readonly content: Content }>;
}

const stat = (inode: bigint, type: "directory" | "regular-file", size: number): Stat =>
  fixedStat(devices.library, inode, type, size);

const sizeOf = (content: Content) => (content instanceof Uint8Array ? content.length : content.size);

abstract class LibraryFile implements File {
  readonly kind = "file";
  readonly seekable = true;
  readonly #inode: bigint;
  readonly #size: number;
  constructor(inode: bigint, size: number) {
    this.#inode = inode;
    this.#size = size;
  }
  stat(): Stat {
    return stat(this.#inode, "regular-file", this.#size);
  }
  abstract read(into: Uint8Array, position: number): number;
  write(): number {
    throw new Fault("EACCES", "read-only");
  }
  setSize(): void {
    throw new Fault("EACCES", "read-only");
  }
  setTimes(): void {
    throw new Fault("EACCES", "read-only");
  }
  sync(): void {}
  close(): void {}
}

class HeldFile extends LibraryFile {
  readonly #bytes: Uint8Array;
  constructor(inode: bigint, bytes: Uint8Array) {
    super(inode, bytes.length);
    this.#bytes = bytes;
  }
  read(into: Uint8Array, position: number): number {
    const from = this.#bytes.subarray(position, position + into.length);
    into.set(from);
    return from.length;
  }
}

class OpenedFile extends LibraryFile {
  readonly #fd: number;
  /** Where it is not what the host saw (an engine that is being built anew), there is nothing to read. */
  constructor(inode: bigint, { hostPath, size, modifiedMs }: StoredFile) {
    super(inode, size);
    this.#fd = openSync(hostPath, "r");
    const found = fstatSync(this.#fd);
    if (found.size === size && found.mtimeMs === modifiedMs) return;
    closeSync(this.#fd);
    throw new Fault("EIO");
  }
  override read(into: Uint8Array, position: number): number {
    return readSync(this.#fd, into, 0, into.length, position);
  }
  override close(): void {
    closeSync(this.#fd);
  }
}

class LibraryDirectory extends UnchangingDirectory {
  readonly guestPath: string;
  readonly #branch: Branch;
  constructor(branch: Branch, guestPath: string) {
    super();
    this.guestPath = guestPath;
    this.#branch = branch;
  }

  stat(): Stat {
    return stat(this.#branch.inode, "directory", 0);
  }

  enter(name: string): Directory {
    const branch = this.#branch.branches.get(name);
    if (branch) return new LibraryDirectory(branch, `${this.guestPath}/${name}`);
    throw new Fault(this.#branch.leaves.has(name) ? "ENOTDIR" : "ENOENT");
  }

  statAt(name: string): Stat {
    const leaf = this.#branch.leaves.get(name);
    if (leaf) return stat(leaf.inode, "regular-file", sizeOf(leaf.content));
    const branch = this.#branch.branches.get(name);
    if (branch) return stat(branch.inode, "directory", 0);
    throw new Fault("ENOENT");
  }

  openAt(name: string, how: OpenHow): File | Directory {
    const leaf = this.#branch.leaves.get(name);
    const exists = leaf !== undefined || this.#branch.branches.has(name);
    if (exists && how.create && how.exclusive) throw new Fault("EEXIST");
    if (!exists) throw how.create && !how.directory ? new Fault("EACCES", "read-only") : new Fault("ENOENT");
    if (leaf === undefined) return this.enter(name);
    if (how.directory) throw new Fault("ENOTDIR");
    if (how.write || how.truncate) throw new Fault("EACCES", "read-only");
    const { inode, content } = leaf;
    return content instanceof Uint8Array ? new HeldFile(inode, content) : new OpenedFile(inode, content);
  }

  entries(limit: number): DirectoryEntry[] {
    const { branches, leaves } = this.#branch;
    if (branches.size + leaves.size > limit) throw new Fault("ENOMEM");
    const entries: DirectoryEntry[] = [];
    for (const name of branches.keys()) entries.push({ name, type: "directory" });
    for (const name of leaves.keys()) entries.push({ name, type: "regular-file" });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function grow(files: ReadonlyMap<string, Content>): Branch {
  let inode = 1n;
  const branch = (): Branch => {
    const made = { inode, branches: new Map(), leaves: new Map() };
    inode += 1n;
    return made;
  };
  const root = branch();
  // Sorted, so that inodes do not depend on the order in which the map was filled.
  for (const path of [...files.keys()].sort()) {
    const segments = path.split("/");
    const name = segments.pop()!;
    let at = root;
    for (const segment of segments) {
      let next = at.branches.get(segment);
      if (!next) {
        next = branch();
        at.branches.set(segment, next);
      }
      at = next;
    }
    at.leaves.set(name, { inode, content: files.get(path)! });
    inode += 1n;
  }
  return root;
}

/** A pure function of its argument, remembered: a worker serves the same library to one guest after another. */
const grown = new WeakMap<ReadonlyMap<string, Content>, Branch>();

export function libraryVolume(files: ReadonlyMap<string, Content>, guestPath: string): Directory {
  let root = grown.get(files);
  if (!root) {
    root = grow(files);
    grown.set(files, root);
  }
  return new LibraryDirectory(root, guestPath);
}
