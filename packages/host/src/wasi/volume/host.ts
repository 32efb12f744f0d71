/**
 * Job: a directory of the host as a volume, on Linux: every operation names one segment below an opened descriptor
 * (`/proc/self/fd/N/name`, never following a link), so that nothing that is renamed or swapped meanwhile can lead out.
 * Never: a path of more than one segment; a fifo, socket or device; a descriptor that outlives its last user.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
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
import { ExactTimes, typeOf } from "./host-stat.ts";

/** Linux, all architectures that Node runs on; `node:fs` does not name it. */
const O_PATH = 0o10000000;
const {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} = constants;
/** For whatever happens to be a lease or a terminal: open at once or fail. */
const never = O_NONBLOCK | O_NOCTTY;
const bigint = { bigint: true } as const;
const quiet = { bigint: true, throwIfNoEntry: false } as const;

/**
 * Where this process's descriptors are. By number it is 15 % faster than by `self`, as long as /proc counts processes as we do;
 * Node's permission model, however, can only be told `/proc/self/fd`.
 */
const descriptors =
  process.platform === "linux" && process.permission === undefined && readlinkSync("/proc/self") === String(process.pid)
    ? `/proc/${process.pid}/fd`
    : "/proc/self/fd";
const reopened = (fd: number) => `${descriptors}/${fd}`;
const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault("EILSEQ");
  }
}

/** What all directories and files of one mount share. */
class Volume {
  readonly writable: boolean;
  readonly ledger: Ledger;
  readonly times = new ExactTimes();

  constructor(writable: boolean, ledger: Ledger) {
    this.writable = writable;
    this.ledger = ledger;
  }

  checkWritable(): void {
    if (!this.writable) throw new Fault("EACCES", "read-only");
  }
}

/** A descriptor with several users. */
class SharedDescriptor {
  readonly fd: number;
  #users = 1;
  constructor(fd: number) {
    this.fd = fd;
  }
  share(): this {
    this.#users += 1;
    return this;
  }
  release(): void {
    this.#users -= 1;
    if (this.#users === 0) closeSync(this.fd);
  }
}

class HostFile implements File {
  readonly kind = "file";
  readonly seekable = true;
  readonly #fd: number;
  readonly #volume: Volume;
  /** Appending is the host's job, or two writers would overwrite each other; made when first needed. */
  #appending: number | null = null;

  constructor(fd: number, volume: Volume) {
    this.#fd = fd;
    this.#volume = volume;
  }
  stat(): Stat {
    return this.#volume.times.stat(fstatSync(this.#fd, bigint));
  }
  read(into: Uint8Array, position: number): number {
    return readSync(this.#fd, into, 0, into.length, position);
  }
  write(from: Uint8Array, position: number | null): number {
    if (position !== null) return writeSync(this.#fd, from, 0, from.length, position);
    this.#appending ??= openSync(reopened(this.#fd), O_WRONLY | O_APPEND | never);
    return writeSync(this.#appending, from, 0, from.length);
  }
  setSize(size: number): void {
    ftruncateSync(this.#fd, size);
  }
  setTimes(times: Times): void {
    this.#volume.checkWritable();
    this.#volume.times.set(
      times,
      () => fstatSync(this.#fd, bigint),
      (accessed, modified) => futimesSync(this.#fd, accessed, modified),
    );
  }
  sync(): void {
    fsyncSync(this.#fd);
  }
  close(): void {
    closeSync(this.#fd);
    if (this.#appending !== null) closeSync(this.#appending);
  }
}

class HostDirectory implements Directory {
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
      switch (typeOf(fstatSync(reference, bigint).mode)) {
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
    this.#volume.checkWritable();
    const access = how.write ? (how.read ? O_RDWR : O_WRONLY) : O_RDONLY;
    this.#volume.ledger.takeEntry();
    try {
      return new HostFile(openSync(path, access | O_CREAT | O_EXCL | O_NOFOLLOW | never, 0o666), this.#volume);
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
    return new HostFile(openSync(reopened(reference), access | (how.truncate ? O_TRUNC : 0) | never), this.#volume);
  }

  entries(limit: number): DirectoryEntry[] {
    const names = this.#list("utf8", limit);
    if (!names.some(({ name }) => name.includes("\uFFFD"))) return names;
    // Some name is not UTF-8 (or holds U+FFFD itself): only what the guest could also open is listed.
    const exact: DirectoryEntry[] = [];
    for (const { name, type } of this.#list("buffer", limit)) {
      try {
        exact.push({ name: decoded(name as unknown as Uint8Array), type });
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
    }
    return exact;
  }

  /** One at a time, since a directory may have millions. */
  #list(encoding: "utf8" | "buffer", limit: number): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [];
    const listing = opendirSync(reopened(this.#descriptor.fd), { encoding: encoding as "utf8", bufferSize: 256 });
    try {
      for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
        if (entries.length >= limit) throw new Fault("ENOMEM");
        const type = entry.isFile()
          ? "regular-file"
          : entry.isDirectory()
            ? "directory"
            : entry.isSymbolicLink()
              ? "symbolic-link"
              : entry.isCharacterDevice()
                ? "character-device"
                : entry.isBlockDevice()
                  ? "block-device"
                  : entry.isSocket()
                    ? "socket"
                    : "unknown";
        entries.push({ name: entry.name, type });
      }
    } finally {
      listing.closeSync();
    }
    return entries;
  }

  createDirectoryAt(name: string): void {
    this.#volume.checkWritable();
    this.#volume.ledger.takeEntry();
    mkdirSync(this.#prefix + name, 0o777);
  }
  removeDirectoryAt(name: string): void {
    this.#volume.checkWritable();
    rmdirSync(this.#prefix + name);
  }
  unlinkAt(name: string): void {
    this.#volume.checkWritable();
    unlinkSync(this.#prefix + name);
  }
  symlinkAt(name: string, target: string): void {
    this.#volume.checkWritable();
    this.#volume.ledger.takeEntry();
    symlinkSync(target, this.#prefix + name);
  }
  renameAt(name: string, to: Directory, toName: string): void {
    this.#volume.checkWritable();
    renameSync(this.#prefix + name, this.#sibling(to, toName));
  }
  linkAt(name: string, to: Directory, toName: string): void {
    this.#volume.checkWritable();
    const target = this.#sibling(to, toName);
    this.#volume.ledger.takeEntry();
    linkSync(this.#prefix + name, target);
  }

  /** Where `toName` is, if `to` belongs to the same mount. */
  #sibling(to: Directory, toName: string): string {
    if (!(to instanceof HostDirectory) || to.#volume !== this.#volume) throw new Fault("EXDEV");
    return to.#prefix + toName;
  }

  setTimes(times: Times): void {
    this.#volume.checkWritable();
    const self = reopened(this.#descriptor.fd);
    this.#volume.times.set(
      times,
      () => fstatSync(this.#descriptor.fd, bigint),
      (accessed, modified) => utimesSync(self, accessed, modified),
    );
  }
  setTimesAt(name: string, times: Times): void {
    this.#volume.checkWritable();
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

/** File systems whose files are doors into the host's kernel and processes (statfs(2)). */
const kernelFileSystems: ReadonlySet<number> = new Set([0x9fa0, 0x62656572, 0x64626720, 0x74726163]);

/** Throws what `node:fs` throws, and a RangeError for a place that must never be granted. */
export function hostVolume(hostPath: string, writable: boolean, guestPath: string, ledger: Ledger): Directory {
  const root = openSync(hostPath, O_PATH | O_DIRECTORY);
  const own = fstatSync(root);
  const parent = lstatSync(`${reopened(root)}/..`);
  // Only the top of all is its own parent.
  const top = own.dev === parent.dev && own.ino === parent.ino;
  if (top || kernelFileSystems.has(statfsSync(reopened(root)).type)) {
    closeSync(root);
    throw new RangeError(
      "the whole file system, /proc and /sys cannot be granted: they hold the memory of the host's processes",
    );
  }
  return new HostDirectory(new SharedDescriptor(root), new Volume(writable, ledger), guestPath);
}
