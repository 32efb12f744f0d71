/**
 * Job: kernels with one guard taken away, so that each attack can be seen to win where the guard is missing.
 * Never: be anything but a test's opponent; each of these mistakes was made by somebody's real sandbox.
 */
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { KernelConfig, Mount } from "../../../packages/host/src/wasi/config.ts";
import { Fault } from "../../../packages/host/src/wasi/fault.ts";
import { fileGuards } from "../../../packages/host/src/wasi/files.ts";
import { Kernel, type KernelParts } from "../../../packages/host/src/wasi/kernel.ts";
import { Ledger } from "../../../packages/host/src/wasi/ledger.ts";
import {
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenHow,
  type Stat,
  SymbolicLink,
  type Times,
} from "../../../packages/host/src/wasi/node.ts";
import type { AtLast } from "../../../packages/host/src/wasi/path.ts";
import { type Handle, Handles } from "../../../packages/host/src/wasi/preview1/handles.ts";
import { GuestMemory } from "../../../packages/host/src/wasi/preview1/memory.ts";
import type { KernelServices } from "../../../packages/host/src/wasi/services.ts";
import { ExactTimes } from "../../../packages/host/src/wasi/volume/host/stat.ts";
import { openVolume } from "../../../packages/host/src/wasi/volume/open.ts";
import type { GuestOptions } from "../guest.ts";

const withParts =
  (parts: Partial<KernelParts>) =>
  (config: KernelConfig, services: KernelServices): Kernel =>
    new Kernel(config, services, parts);

/** Hands the whole path to the operating system below the directory, `..` and links included. */
const trustingWalk = <T>(start: Directory, path: string, atLast: AtLast<T>): T => {
  const answer = atLast(start, path.replace(/\/+$/, "") || ".", path.endsWith("/"));
  if (answer instanceof SymbolicLink) return trustingWalk(start, join(path, "..", answer.target), atLast);
  return answer;
};

/** Joins an absolute path to nothing. */
const absoluteWalk = <T>(start: Directory, path: string, atLast: AtLast<T>): T =>
  trustingWalk(start, path.startsWith("/") ? `${"../".repeat(20)}${path}` : path, atLast);

/** Resolves as the kernel does, but without counting links or steps. Gives up where a test would hang. */
export const boundlessSteps = { taken: 0, open: 0 };
const boundlessWalk = <T>(start: Directory, path: string, atLast: AtLast<T>): T => {
  const pending = path.split("/").filter(Boolean).reverse();
  const way: Directory[] = [];
  for (;;) {
    boundlessSteps.taken += 1;
    boundlessSteps.open = Math.max(boundlessSteps.open, way.length);
    if (boundlessSteps.taken > 100_000) throw new Fault("ELOOP");
    const here = way.at(-1) ?? start;
    const name = pending.pop() ?? ".";
    if (name === "." && pending.length > 0) continue;
    if (name === "..") {
      way.pop()?.close();
      continue;
    }
    const answer = pending.length === 0 ? atLast(here, name, false) : here.enter(name);
    if (answer instanceof SymbolicLink) pending.push(...answer.target.split("/").reverse());
    else if (pending.length === 0) {
      for (const directory of way) directory.close();
      return answer as T;
    } else way.push(answer as Directory);
  }
};

/** Passes NUL on to Node. */
const nulWalk: typeof fileGuards.walk = (start, path, atLast) =>
  path.includes("\0") ? (atLast(start, path, false) as never) : fileGuards.walk(start, path, atLast);

interface NaiveOptions {
  readonly writable: boolean;
  /** Called between looking at a name and using it: where another thread would win its race. */
  readonly between?: (path: string) => void;
  /** Opens links instead of telling the walk. */
  readonly follows?: boolean;
}

class NaiveFile implements File {
  readonly kind = "file";
  readonly seekable = true;
  readonly #fd: number;
  constructor(fd: number) {
    this.#fd = fd;
  }
  stat(): Stat {
    return new ExactTimes().stat(fstatSync(this.#fd, { bigint: true }));
  }
  read(into: Uint8Array, position: number): number {
    return readSync(this.#fd, into, 0, into.length, position);
  }
  write(from: Uint8Array, position: number | null): number {
    return writeSync(this.#fd, from, 0, from.length, position);
  }
  setSize(): void {}
  setTimes(): void {}
  sync(): void {}
  close(): void {
    closeSync(this.#fd);
  }
}

/** Holds a path instead of a descriptor, opens whatever is there, and checks only writing against the mode. */
class NaiveDirectory implements Directory {
  readonly kind = "directory";
  readonly guestPath: string;
  readonly #path: string;
  readonly #options: NaiveOptions;

  constructor(path: string, guestPath: string, options: NaiveOptions) {
    this.#path = path;
    this.guestPath = guestPath;
    this.#options = options;
  }
  get writable(): boolean {
    return this.#options.writable;
  }
  #at(name: string): string {
    return join(this.#path, name);
  }
  stat(): Stat {
    return new ExactTimes().stat(statSync(this.#path, { bigint: true }));
  }
  statAt(name: string): Stat {
    return new ExactTimes().stat(lstatSync(this.#at(name), { bigint: true }));
  }
  readlinkAt(name: string): string {
    return readlinkSync(this.#at(name));
  }
  enter(name: string): Directory | SymbolicLink {
    const stat = this.statAt(name);
    if (stat.type === "symbolic-link") return new SymbolicLink(this.readlinkAt(name));
    this.#options.between?.(this.#at(name));
    return new NaiveDirectory(this.#at(name), `${this.guestPath}/${name}`, this.#options);
  }
  openAt(name: string, how: OpenHow): File | Directory | SymbolicLink {
    const path = this.#at(name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink() && !this.#options.follows) return new SymbolicLink(readlinkSync(path));
    if (stat?.isDirectory()) return new NaiveDirectory(path, `${this.guestPath}/${name}`, this.#options);
    if (how.write && !this.#options.writable) throw new Fault("EACCES", "read-only");
    const { O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
    const fd = openSync(path, (how.write ? O_RDWR : O_RDONLY) | (how.create ? O_CREAT : 0) | O_NONBLOCK);
    if (how.truncate) truncateSync(path);
    return new NaiveFile(fd);
  }
  entries(): DirectoryEntry[] {
    return readdirSync(this.#path).map((name) => ({ name, type: "regular-file" }));
  }
  createDirectoryAt(name: string): void {
    mkdirSync(this.#at(name));
  }
  removeDirectoryAt(name: string): void {
    rmdirSync(this.#at(name));
  }
  unlinkAt(name: string): void {
    unlinkSync(this.#at(name));
  }
  symlinkAt(name: string, target: string): void {
    symlinkSync(target, this.#at(name));
  }
  renameAt(name: string, to: Directory, toName: string): void {
    renameSync(this.#at(name), (to as NaiveDirectory).#at(toName));
  }
  linkAt(name: string, to: Directory, toName: string): void {
    linkSync(this.#at(name), (to as NaiveDirectory).#at(toName));
  }
  setTimes(): void {}
  setTimesAt(name: string, times: Times): void {
    utimesSync(this.#at(name), Number(times.accessedNs ?? 0n) / 1e9, Number(times.modifiedNs ?? 0n) / 1e9);
  }
  sync(): void {}
  duplicate(): Directory {
    return this;
  }
  close(): void {}
}

const naive =
  (between?: (path: string) => void, follows = false): KernelParts["open"] =>
  (mount, clock, ledger) =>
    mount.kind === "directory"
      ? new NaiveDirectory(mount.hostPath, mount.guestPath, {
          writable: mount.mode === "rw",
          follows,
          ...(between && { between }),
        })
      : openVolume(mount, clock, ledger);

const changed =
  (change: (mount: Mount) => Mount): KernelParts["open"] =>
  (mount, clock, ledger) =>
    openVolume(change(mount), clock, ledger);

const boundless = { guards: { ...fileGuards, walk: boundlessWalk } };

const anyTarget = { ...fileGuards, checkTarget: () => {}, checkShown: () => {} };

/** Never says that anything is used up, and tells every denial. */
class BoundlessLedger extends Ledger {
  readonly #tell: KernelServices["denied"];
  constructor(quotas: KernelConfig["quotas"], denied: KernelServices["denied"]) {
    const none = Number.MAX_SAFE_INTEGER;
    super(
      {
        openHandles: none,
        outputBytes: none,
        fileBytesWritten: none,
        pathBytes: none,
        directoryEntries: quotas.directoryEntries * 1000,
        pollSubscriptions: none,
      },
      denied,
    );
    this.#tell = denied;
  }
  override deny(denial: Parameters<Ledger["deny"]>[0]): void {
    this.#tell(denial);
  }
}

class TrustingHandles extends Handles {
  readonly #given = new Map<number, Handle>();
  override get(number: number): Handle {
    const handle = this.#given.get(number) ?? super.get(number);
    handle.inheriting = -1n;
    return handle;
  }
  override restrict(number: number, base: bigint, inheriting: bigint): void {
    Object.assign(this.get(number), { base, inheriting });
  }
  override renumber(from: number, to: number): void {
    this.#given.set(to, this.get(from));
  }
}

/** Allocates what the guest names before it looks whether there is as much. */
export class TrustingMemory extends GuestMemory {
  static largest = 0;
  override bytes(pointer: number, length: number): Uint8Array {
    // Only counted: two gigabytes of a test machine are not ours to take.
    TrustingMemory.largest = Math.max(TrustingMemory.largest, length >>> 0);
    return super.bytes(pointer, length);
  }
  override buffers(pointer: number, count: number): Uint8Array[] {
    return Array.from({ length: count }, (_, i) =>
      super.bytes(this.u32(pointer + i * 8), this.u32(pointer + i * 8 + 4)),
    );
  }
}

/** Replaces what it cannot decode, and drops a byte order mark: two guest names for one file. */
class LenientMemory extends GuestMemory {
  override path(pointer: number, length: number): string {
    return new TextDecoder().decode(this.bytes(pointer, length).slice());
  }
}

/** As decoders did before they were told not to: C0 AE is a dot. */
class OverlongMemory extends GuestMemory {
  override path(pointer: number, length: number): string {
    const bytes = [...this.bytes(pointer, length)];
    let text = "";
    for (let i = 0; i < bytes.length; i += 1)
      text += bytes[i] === 0xc0 ? String.fromCharCode(bytes[++i]! & 0x3f) : String.fromCharCode(bytes[i]!);
    return text;
  }
}

class ForgetfulKernel extends Kernel {
  override end(): never {
    throw new Fault("EINVAL");
  }
}

export interface Weakness extends Pick<GuestOptions, "kernel" | "memoryPart" | "handlesPart"> {
  /** What this kernel does wrong. */
  readonly mistake: string;
}

export const weak = {
  trustingWalk: {
    mistake: "lets the operating system resolve paths",
    kernel: withParts({ guards: { ...fileGuards, walk: trustingWalk } }),
  },
  absoluteWalk: {
    mistake: "takes absolute paths",
    kernel: withParts({ guards: { ...fileGuards, walk: absoluteWalk }, open: naive() }),
  },
  pathsAsDirectoriesFollowing: {
    mistake: "opens the last segment without O_NOFOLLOW",
    kernel: withParts({ open: naive(undefined, true) }),
  },
  pathsAsDirectories: {
    mistake: "keeps the path of an open directory instead of a descriptor, and makes any link",
    kernel: withParts({ open: naive(), guards: anyTarget }),
  },
  checksWritingOnly: {
    mistake: "checks the mode of a mount where files are written, only",
    kernel: withParts({ open: naive() }),
  },
  racing: (between: (path: string) => void): Weakness => ({
    mistake: "looks at a path, then uses it",
    kernel: withParts({ open: naive(between) }),
  }),
  anyLinkTarget: {
    mistake: "creates and moves links whatever they point to",
    kernel: withParts({ guards: anyTarget }),
  },
  forgetsReadOnly: {
    mistake: "forgets that a mount is read-only",
    kernel: withParts({ open: changed((mount) => (mount.kind === "directory" ? { ...mount, mode: "rw" } : mount)) }),
  },
  forgetsReadOnlyAndRights: {
    mistake: "forgets that a mount is read-only, and believes the guest's rights",
    kernel: withParts({ open: changed((mount) => (mount.kind === "directory" ? { ...mount, mode: "rw" } : mount)) }),
    handlesPart: (kernel: Kernel) => new TrustingHandles(kernel),
  },
  boundlessWalk: { mistake: "follows links and enters directories without end", kernel: withParts(boundless) },
  boundlessTmp: {
    mistake: "lets /tmp grow",
    kernel: withParts({
      open: changed((mount) => (mount.kind === "temporary" ? { ...mount, maxBytes: 2 ** 40 } : mount)),
    }),
  },
  noQuotas: {
    mistake: "counts nothing",
    kernel: withParts({ createLedger: (quotas, denied) => new BoundlessLedger(quotas, denied) }),
  },
  passesNul: {
    mistake: "passes NUL on to the host",
    kernel: withParts({ guards: { ...fileGuards, walk: nulWalk } }),
  },
  goesOnAfterExit: {
    mistake: "takes proc_exit for a call like any other",
    kernel: (config: KernelConfig, services: KernelServices) => new ForgetfulKernel(config, services),
  },
  trustsRights: {
    mistake: "believes the guest's rights",
    handlesPart: (kernel: Kernel) => new TrustingHandles(kernel),
  },
  trustsLengths: {
    mistake: "believes the guest's lengths",
    memoryPart: (source: () => ArrayBuffer, ledger: Ledger) => new TrustingMemory(source, ledger),
  },
  overlongNames: {
    mistake: "decodes overlong sequences",
    kernel: withParts({ guards: { ...fileGuards, walk: trustingWalk } }),
    memoryPart: (source: () => ArrayBuffer, ledger: Ledger) => new OverlongMemory(source, ledger),
  },
  lenientNames: {
    mistake: "decodes names leniently",
    memoryPart: (source: () => ArrayBuffer, ledger: Ledger) => new LenientMemory(source, ledger),
  },
} satisfies Record<string, Weakness | ((between: (path: string) => void) => Weakness)>;
