/**
 * Job: an open directory of the host: every operation names one segment below the descriptor (`/proc/self/fd/N/name`, never
 * following a link), so that nothing that is renamed or swapped meanwhile can lead out.
 * Never: a path of more than one segment; a descriptor that outlives its last user.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { Fault } from "../../fault.ts";
import {
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenHow,
  type Stat,
  SymbolicLink,
  type Times,
} from "../../node.ts";
import { neverWait, O_PATH, reopened, SharedDescriptor } from "./descriptors.ts";
import { HostFile } from "./file.ts";
import { decoded, list } from "./list.ts";
import type { Volume } from "./shared.ts";
import { bigint, typeOf } from "./stat.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;
const quiet = { bigint: true, throwIfNoEntry: false } as const;
const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);

export class HostDirectory implements Directory {
  readonly kind = "directory";
  readonly guestPath: string;
  readonly #descriptor: SharedDescriptor;
  readonly #volume: Volume;
  /** Ends with a slash. */
  readonly #prefix: string;

  constructor(descriptor: SharedDescriptor, volume: Volume, guestPath: string) {
    this.#descriptor = descriptor;
    this.#volume = volume;
    this.guestPath = guestPath;
    this.#prefix = `${reopened(descriptor.fd)}/`;
  }

  get writable(): boolean {
    return this.#volume.writable;
  }

  #below(name: string): string {
    return `${this.guestPath === "/" ? "" : this.guestPath}/${name}`;
  }

  stat(): Stat {
    return this.#volume.times.stat(fstatSync(this.#descriptor.fd, bigint));
  }

  #look(name: string): BigIntStats {
    const stat = lstatSync(this.#prefix + name, quiet);
    if (stat === undefined) throw new Fault("ENOENT");
    return stat;
  }

  statAt(name: string): Stat {
    return this.#volume.times.stat(this.#look(name));
  }

  readlinkAt(name: string): string {
    return decoded(readlinkSync(this.#prefix + name, "buffer"));
  }

  enter(name: string): Directory | SymbolicLink {
    let fd: number;
    try {
      fd = openSync(this.#prefix + name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      const code = codeOf(error);
      if (code !== "ENOTDIR" && code !== "ELOOP") throw error;
      if (typeOf(this.#look(name).mode) !== "symbolic-link") throw new Fault("ENOTDIR");
      return new SymbolicLink(this.readlinkAt(name));
    }
    return this.#directory(fd, name);
  }

  #directory(fd: number, name: string): HostDirectory {
    return new HostDirectory(new SharedDescriptor(fd), this.#volume, this.#below(name));
  }

  openAt(name: string, how: OpenHow): File | Directory | SymbolicLink {
    const path = this.#prefix + name;
    if (how.create) {
      const known = how.exclusive && !how.directory ? undefined : lstatSync(path, quiet);
      if (known !== undefined && how.exclusive) throw new Fault("EEXIST");
      // Directories are not made by opening them.
      if (known === undefined && how.directory) throw new Fault("ENOENT");
      const created = known === undefined ? this.#create(path, how) : null;
      if (created !== null) return created;
    }
    // First only a reference, which opens nothing: what it refers to decides whether it may be opened at all.
    const reference = openSync(path, O_PATH | O_NOFOLLOW);
    let kept = false;
    try {
      const { dev, mode } = fstatSync(reference, bigint);
      this.#volume.checkDevice(dev, reference);
      switch (typeOf(mode)) {
        case "directory":
          kept = true;
          return this.#directory(reference, name);
        case "symbolic-link":
          return new SymbolicLink(this.readlinkAt(name));
        case "regular-file":
          return this.#reopen(reference, how);
        default:
          throw new Fault("EACCES", "special");
      }
    } finally {
      if (!kept) closeSync(reference);
    }
  }

  /** Null: somebody else was faster, so that it is to be opened. */
  #create(path: string, how: OpenHow): File | null {
    this.#checkChange();
    const access = how.write ? (how.read ? O_RDWR : O_WRONLY) : O_RDONLY;
    const flags = access | O_CREAT | O_EXCL | O_NOFOLLOW | neverWait;
    try {
      return new HostFile(
        this.#volume.ledger.newEntry(() => openSync(path, flags, 0o666)),
        this.#volume,
      );
    } catch (error) {
      if (codeOf(error) === "EEXIST" && !how.exclusive) return null;
      throw error;
    }
  }

  #reopen(reference: number, how: OpenHow): File {
    if (how.directory) throw new Fault("ENOTDIR");
    const changes = how.write || how.truncate;
    if (changes) this.#volume.checkWritable();
    const access = changes ? (how.read ? O_RDWR : O_WRONLY) : O_RDONLY;
    return new HostFile(openSync(reopened(reference), access | (how.truncate ? O_TRUNC : 0) | neverWait), this.#volume);
  }

  entries(limit: number): DirectoryEntry[] {
    return list(reopened(this.#descriptor.fd), limit);
  }

  /** Before anything in this directory is changed. */
  #checkChange(): void {
    this.#volume.checkWritable();
    this.#volume.checkDevice(fstatSync(this.#descriptor.fd, bigint).dev, this.#descriptor.fd);
  }

  createDirectoryAt(name: string): void {
    this.#checkChange();
    this.#volume.ledger.newEntry(() => mkdirSync(this.#prefix + name, 0o777));
  }
  removeDirectoryAt(name: string): void {
    this.#checkChange();
    rmdirSync(this.#prefix + name);
  }
  unlinkAt(name: string): void {
    this.#checkChange();
    unlinkSync(this.#prefix + name);
  }
  symlinkAt(name: string, target: string): void {
    this.#checkChange();
    this.#volume.ledger.newEntry(() => symlinkSync(target, this.#prefix + name));
  }
  renameAt(name: string, to: Directory, toName: string): void {
    this.#checkChange();
    renameSync(this.#prefix + name, this.#sibling(to, toName));
  }
  linkAt(name: string, to: Directory, toName: string): void {
    this.#checkChange();
    const target = this.#sibling(to, toName);
    this.#volume.ledger.newEntry(() => linkSync(this.#prefix + name, target));
  }

  /** Where `toName` is, if `to` belongs to the same mount. */
  #sibling(to: Directory, toName: string): string {
    if (!(to instanceof HostDirectory) || to.#volume !== this.#volume) throw new Fault("EXDEV");
    return to.#prefix + toName;
  }

  setTimes(times: Times): void {
    this.#checkChange();
    const self = reopened(this.#descriptor.fd);
    this.#volume.times.set(
      times,
      () => fstatSync(this.#descriptor.fd, bigint),
      (accessed, modified) => utimesSync(self, accessed, modified),
    );
  }
  setTimesAt(name: string, times: Times): void {
    this.#checkChange();
    this.#volume.times.set(
      times,
      () => this.#look(name),
      (accessed, modified) => lutimesSync(this.#prefix + name, accessed, modified),
    );
  }
  sync(): void {
    const fd = openSync(reopened(this.#descriptor.fd), O_RDONLY | O_DIRECTORY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
  duplicate(): Directory {
    return new HostDirectory(this.#descriptor.share(), this.#volume, this.guestPath);
  }
  close(): void {
    this.#descriptor.release();
  }
}
