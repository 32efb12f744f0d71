/**
 * Job: everything that a WASI guest may ask of its host, in one synchronous place without linear memory or handle numbers:
 * the file tree, clocks, randomness, standard streams, waiting, and the end of the run. Fronts (preview1) translate.
 * Never: more than the configuration grants; text of the host's in an answer.
 */
import { type Clock, createClock } from "./clock.ts";
import type { Denial, KernelConfig } from "./config.ts";
import { Fault, faultOf, type Refusal } from "./fault.ts";
import { Ledger } from "./ledger.ts";
import { type Directory, type DirectoryEntry, type OpenHow, type Stat, SymbolicLink, type Times } from "./node.ts";
import { type FileFlags, OpenDirectory, OpenFile, OpenStream } from "./open.ts";
import { type AtLast, utf8Length, walk } from "./path.ts";
import { createRandom, type Random } from "./random.ts";
import type { KernelServices } from "./services.ts";
import { createTree } from "./tree.ts";
import { openVolume } from "./volume/open.ts";

/** Thrown through the guest when it has ended itself, and by every host call after that. The outcome is in `Kernel.ended`. */
export class GuestExit extends Error {
  constructor() {
    super("the guest has ended");
    this.name = "GuestExit";
  }
}

/** Why a path is walked. */
type Purpose = "look" | "change";

export interface Preopen {
  readonly guestPath: string;
  readonly open: OpenDirectory;
}

/** Why a refusal is one, and what would allow it. */
const refusals: Readonly<Record<Refusal, Pick<Denial, "reason" | "hint">>> = {
  ungranted: { reason: "no grant covers it", hint: "a grant of its directory in allowed_files" },
  "read-only": { reason: "its grant is read-only", hint: "a read-write grant of its directory in allowed_files" },
  escape: { reason: "it leads out of the granted directory", hint: "a grant of the directory that it leads to" },
  special: {
    reason: "it is a fifo, a socket or a device",
    hint: "none: only regular files and directories are opened",
  },
};

/**
 * @example
 * ```ts
 * const kernel = new Kernel(config, services);
 * const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: preview1(kernel, () => memory.buffer) });
 * ```
 */
export class Kernel {
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly streams: readonly [OpenStream, OpenStream, OpenStream];
  readonly preopens: readonly Preopen[];
  readonly #services: KernelServices;
  readonly #root: Directory;
  #ended: { readonly code: number } | null = null;
  #closed = false;

  constructor(config: KernelConfig, services: KernelServices) {
    this.args = config.args;
    this.env = config.env.map(([name, value]) => `${name}=${value}`);
    this.clock = createClock(config.clock);
    this.random = createRandom(config.random);
    this.ledger = new Ledger(config.quotas, (denial) => services.denied(denial));
    this.#services = services;
    this.#root = createTree(config.mounts, services.devices, (mount) => openVolume(mount, this.clock, this.ledger));
    const stream = (number: 0 | 1 | 2) => new OpenStream(number, services, this.ledger);
    this.streams = [stream(0), stream(1), stream(2)];
    this.preopens = config.preopens.map((guestPath) => ({ guestPath, open: this.#preopen(guestPath) }));
  }

  #preopen(guestPath: string): OpenDirectory {
    const directory = walk(this.#root, `.${guestPath}`, (parent, name) =>
      name === "." ? parent.duplicate() : parent.enter(name),
    );
    return new OpenDirectory(directory, this.ledger);
  }

  // ——— the end ———

  /** True once the guest has ended or was ended: every front must refuse every call from then on. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How the guest ended itself; null: it did not. Decide outcomes from this, not from what was thrown. */
  get ended(): { readonly code: number } | null {
    return this.#ended;
  }

  /** The guest ends itself. The counter goes to 0 first: what is thrown here may be caught by the guest. */
  end(code: number): never {
    this.#ended = { code };
    this.abort();
    throw new GuestExit();
  }

  /** No more calls, whoever decided it. */
  abort(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#services.exhaust();
  }

  /** Closes everything that the guest left open, and the tree. */
  dispose(): void {
    this.#closed = true;
    this.ledger.closeAll();
    this.#root.close();
  }

  // ——— waiting ———

  /** Blocks for that long without using the processor; passes virtual time at once. */
  sleep(nanoseconds: bigint): void {
    if (nanoseconds <= 0n) return;
    if (this.clock.skip !== null) {
      this.clock.skip(nanoseconds);
      return;
    }
    const until = this.clock.monotonic() + nanoseconds;
    for (let left = nanoseconds; left > 0n; left = until - this.clock.monotonic())
      // An hour at a time: longer waits do not fit the timers below.
      this.#services.sleep(Math.min(Number(left) / 1e6, 3_600_000));
  }

  // ——— files ———

  #walk<T>(from: Directory, path: string, purpose: Purpose, atLast: AtLast<T>): T {
    this.ledger.checkPath(utf8Length(path));
    try {
      return walk(from, path, atLast);
    } catch (error) {
      throw this.#explained(error, from, path, purpose);
    }
  }

  /**
   * Faults as the guest gets them; those that are refusals by policy become events on the way. A place outside every mount does
   * not exist for who looks, and is denied to who opens or changes: a clear PermissionError instead of a puzzling absence.
   */
  #explained(error: unknown, from: Directory, path: string, purpose: Purpose): unknown {
    const fault = faultOf(error);
    if (!(fault instanceof Fault)) return fault;
    if (fault.refusal === null || (fault.refusal === "ungranted" && purpose === "look")) return fault;
    const what = `${from.guestPath === "/" ? "" : from.guestPath}/${path}`;
    this.ledger.deny({ kind: "file", what, ...refusals[fault.refusal] });
    return new Fault(fault.refusal === "escape" ? "EPERM" : "EACCES");
  }

  /** Opens a file or directory. Asking to write, create or truncate where that is not granted is a denial. */
  open(from: OpenDirectory, path: string, follow: boolean, how: OpenHow, flags: FileFlags): OpenFile | OpenDirectory {
    this.ledger.checkHandle();
    const opened = this.#walk(from.directory, path, "change", (directory, name, mustBeDirectory) => {
      if (name === ".") {
        if (how.create && how.exclusive) throw new Fault("EEXIST");
        return directory.duplicate();
      }
      const found = directory.openAt(name, mustBeDirectory ? { ...how, directory: true, create: false } : how);
      if (found instanceof SymbolicLink && !follow && !mustBeDirectory) throw new Fault("ELOOP");
      return found;
    });
    if (opened.kind === "file") return new OpenFile(opened, { read: how.read, write: how.write }, flags, this.ledger);
    if (how.write || how.truncate) {
      opened.close();
      throw new Fault("EISDIR");
    }
    return new OpenDirectory(opened, this.ledger);
  }

  stat(from: OpenDirectory, path: string, follow: boolean): Stat {
    return this.#walk(from.directory, path, "look", (directory, name, mustBeDirectory) => {
      if (name === ".") return directory.stat();
      const stat = directory.statAt(name);
      if (stat.type === "symbolic-link" && (follow || mustBeDirectory))
        return new SymbolicLink(directory.readlinkAt(name));
      if (mustBeDirectory && stat.type !== "directory") throw new Fault("ENOTDIR");
      return stat;
    });
  }

  readlink(from: OpenDirectory, path: string): string {
    return this.#walk(from.directory, path, "look", (directory, name, mustBeDirectory) => {
      if (name === "." || mustBeDirectory) throw new Fault("EINVAL");
      return directory.readlinkAt(name);
    });
  }

  entries(of: OpenDirectory): DirectoryEntry[] {
    try {
      return of.directory.entries(this.ledger.quotas.directoryEntries);
    } catch (error) {
      const fault = faultOf(error);
      throw fault instanceof Fault && fault.code === "ENOMEM" ? this.ledger.tooManyEntries() : fault;
    }
  }

  setTimes(from: OpenDirectory, path: string, follow: boolean, times: Times): void {
    this.#walk(from.directory, path, "change", (directory, name, mustBeDirectory) => {
      if (name === ".") return directory.setTimes(times);
      if (follow || mustBeDirectory) {
        const stat = directory.statAt(name);
        if (stat.type === "symbolic-link") return new SymbolicLink(directory.readlinkAt(name));
        if (mustBeDirectory && stat.type !== "directory") throw new Fault("ENOTDIR");
      }
      return directory.setTimesAt(name, times);
    });
  }

  createDirectory(from: OpenDirectory, path: string): void {
    this.#walk(from.directory, path, "change", (directory, name) => {
      if (name === ".") throw new Fault("EEXIST");
      directory.createDirectoryAt(name);
    });
  }

  removeDirectory(from: OpenDirectory, path: string): void {
    this.#walk(from.directory, path, "change", (directory, name) => {
      if (name === ".") throw new Fault("EINVAL");
      directory.removeDirectoryAt(name);
    });
  }

  unlink(from: OpenDirectory, path: string): void {
    this.#walk(from.directory, path, "change", (directory, name, mustBeDirectory) => {
      if (name === ".") throw new Fault("EISDIR");
      if (mustBeDirectory) throw new Fault(directory.statAt(name).type === "directory" ? "EISDIR" : "ENOTDIR");
      directory.unlinkAt(name);
    });
  }

  /** Targets point downwards only: whatever is renamed later, such a link never leads out of its directory. */
  symlink(target: string, from: OpenDirectory, path: string): void {
    this.ledger.checkPath(utf8Length(target));
    this.#walk(from.directory, path, "change", (directory, name, mustBeDirectory) => {
      if (name === ".") throw new Fault("EEXIST");
      if (mustBeDirectory) throw new Fault(directory.statAt(name).type === "directory" ? "EEXIST" : "ENOTDIR");
      checkTarget(target);
      directory.symlinkAt(name, target);
    });
  }

  rename(from: OpenDirectory, path: string, to: OpenDirectory, toPath: string): void {
    this.#twoPaths(from, path, to, toPath, (directory, name, slash, toDirectory, toName, toSlash) => {
      if (name === "." || toName === ".") throw new Fault("EBUSY");
      const stat = directory.statAt(name);
      if ((slash || toSlash) && stat.type !== "directory") throw new Fault("ENOTDIR");
      if (stat.type === "symbolic-link") checkTarget(directory.readlinkAt(name));
      directory.renameAt(name, toDirectory, toName);
    });
  }

  link(from: OpenDirectory, path: string, to: OpenDirectory, toPath: string): void {
    this.#twoPaths(from, path, to, toPath, (directory, name, slash, toDirectory, toName, toSlash) => {
      if (name === ".") throw new Fault("EPERM");
      const stat = directory.statAt(name);
      if (stat.type === "directory") throw new Fault("EPERM");
      if (slash) throw new Fault("ENOTDIR");
      if (toName === ".") throw new Fault("EEXIST");
      if (toSlash) throw new Fault("ENOENT");
      if (stat.type === "symbolic-link") checkTarget(directory.readlinkAt(name));
      directory.linkAt(name, toDirectory, toName);
    });
  }

  #twoPaths(
    from: OpenDirectory,
    path: string,
    to: OpenDirectory,
    toPath: string,
    act: (
      directory: Directory,
      name: string,
      slash: boolean,
      toDirectory: Directory,
      toName: string,
      toSlash: boolean,
    ) => void,
  ): void {
    this.#walk(from.directory, path, "change", (directory, name, slash) =>
      this.#walk(to.directory, toPath, "change", (toDirectory, toName, toSlash) =>
        act(directory, name, slash, toDirectory, toName, toSlash),
      ),
    );
  }
}

/** Neither absolute nor with `..`: see `symlink`. */
function checkTarget(target: string): void {
  if (target === "") throw new Fault("ENOENT");
  if (target.includes("\0")) throw new Fault("EINVAL");
  if (target.startsWith("/") || target.split("/").includes("..")) throw new Fault("EPERM", "escape");
}
