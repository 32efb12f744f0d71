/** Job: every operation on the guest's files by path, over whatever volumes the tree has. Never: handle numbers, rights of a front, linear memory. */
import type { Denial } from "./config.ts";
import { Fault, faultOf, type Refusal } from "./fault.ts";
import type { Ledger } from "./ledger.ts";
import { type Directory, type DirectoryEntry, type OpenHow, type Stat, SymbolicLink, type Times } from "./node.ts";
import { type FileFlags, OpenDirectory, OpenFile } from "./open.ts";
import { type AtLast, utf8Length, walk } from "./path.ts";
import { uncovered } from "./volume/synthetic.ts";

/** Why a path is walked. */
type Purpose = "look" | "change";

/** Why a refusal is one, and what would allow it. */
const refusals: Readonly<Record<Refusal, Pick<Denial, "reason" | "hint">>> = {
  ungranted: { reason: "no grant covers it", hint: "a grant of its directory in allowed_files" },
  "read-only": { reason: "its grant is read-only", hint: "a read-write grant of its directory in allowed_files" },
  escape: { reason: "it leads out of the granted directory", hint: "a grant of the directory that it leads to" },
  special: {
    reason: "it is a fifo, a socket, a device or a file of the system's own",
    hint: "none: only regular files and directories are opened",
  },
};

/**
 * What keeps a guest inside its directories, besides the volumes. Replaceable so that a test can take one away and watch the
 * attack win that it stops.
 */
export interface FileGuards {
  readonly walk: typeof walk;
  readonly checkTarget: (target: string) => void;
  readonly checkShown: (target: string) => void;
}

export const fileGuards: FileGuards = { walk, checkTarget, checkShown };

export class Files {
  readonly #ledger: Ledger;
  readonly #guards: FileGuards;

  constructor(ledger: Ledger, guards: FileGuards) {
    this.#ledger = ledger;
    this.#guards = guards;
  }

  #walk<T>(from: Directory, path: string, purpose: Purpose, atLast: AtLast<T>): T {
    this.#ledger.checkPath(utf8Length(path));
    try {
      return this.#guards.walk(from, path, atLast);
    } catch (error) {
      throw this.#explained(error, guestPath(from, path), purpose);
    }
  }

  /**
   * Faults as the guest gets them; those that are refusals by policy become events on the way. A place outside every mount does
   * not exist for who looks, and is denied to who opens or changes: a clear PermissionError instead of a puzzling absence.
   */
  #explained(error: unknown, what: string, purpose: Purpose): unknown {
    const fault = faultOf(error);
    if (!(fault instanceof Fault)) return fault;
    if (fault.refusal === null || (fault.refusal === "ungranted" && purpose === "look")) return fault;
    this.#ledger.deny({ kind: "file", what, ...refusals[fault.refusal] });
    return new Fault(fault.refusal === "escape" ? "EPERM" : "EACCES");
  }

  /** Opens a file or directory. Asking to write, create or truncate where that is not granted is a denial. */
  open(from: OpenDirectory, path: string, follow: boolean, how: OpenHow, flags: FileFlags): OpenFile | OpenDirectory {
    this.#ledger.checkHandle();
    const opened = this.#walk(from.directory, path, "change", (directory, name, mustBeDirectory) => {
      if (name === ".") {
        if (how.create && how.exclusive) throw new Fault("EEXIST");
        return directory.duplicate();
      }
      const found = directory.openAt(name, mustBeDirectory ? { ...how, directory: true, create: false } : how);
      if (found instanceof SymbolicLink && !follow && !mustBeDirectory) throw new Fault("ELOOP");
      return found;
    });
    if (opened.kind === "file")
      return new OpenFile(
        opened,
        { read: how.read, write: how.write },
        flags,
        guestPath(from.directory, path),
        this.#ledger,
      );
    if (how.write || how.truncate) {
      opened.close();
      throw new Fault("EISDIR");
    }
    return new OpenDirectory(opened, this.#ledger);
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
      const target = directory.readlinkAt(name);
      this.#guards.checkShown(target);
      return target;
    });
  }

  entries(of: OpenDirectory): DirectoryEntry[] {
    try {
      return of.directory.entries(this.#ledger.quotas.directoryEntries);
    } catch (error) {
      const fault = faultOf(error);
      throw fault instanceof Fault && fault.code === "ENOMEM" ? this.#ledger.tooManyEntries() : fault;
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

  /** Of what is open already. */
  setOpenTimes(open: OpenFile | OpenDirectory, times: Times): void {
    try {
      if (open.kind === "directory") open.directory.setTimes(times);
      else open.setTimes(times);
    } catch (error) {
      throw this.#explained(error, open.kind === "directory" ? open.directory.guestPath : open.guestPath, "change");
    }
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
    this.#ledger.checkPath(utf8Length(target));
    this.#walk(from.directory, path, "change", (directory, name, mustBeDirectory) => {
      if (name === ".") throw new Fault("EEXIST");
      if (mustBeDirectory) throw new Fault(directory.statAt(name).type === "directory" ? "EEXIST" : "ENOTDIR");
      this.#guards.checkTarget(target);
      directory.symlinkAt(name, target);
    });
  }

  rename(from: OpenDirectory, path: string, to: OpenDirectory, toPath: string): void {
    this.#twoPaths(from, path, to, toPath, (directory, name, slash, toDirectory, toName, toSlash) => {
      if (name === "." || toName === ".") throw new Fault("EBUSY");
      const stat = directory.statAt(name);
      if ((slash || toSlash) && stat.type !== "directory") throw new Fault("ENOTDIR");
      if (stat.type === "symbolic-link") this.#guards.checkTarget(directory.readlinkAt(name));
      directory.renameAt(name, uncovered(toDirectory, toName), toName);
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
      if (stat.type === "symbolic-link") this.#guards.checkTarget(directory.readlinkAt(name));
      directory.linkAt(name, uncovered(toDirectory, toName), toName);
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

/** How a denial names it; not normalised, since that is what the guest asked for. */
const guestPath = (from: Directory, path: string) => `${from.guestPath === "/" ? "" : from.guestPath}/${path}`;

/** Neither absolute nor with `..`: see `symlink`. */
function checkTarget(target: string): void {
  if (target === "") throw new Fault("ENOENT");
  if (target.includes("\0")) throw new Fault("EINVAL");
  if (!target.isWellFormed()) throw new Fault("EILSEQ");
  if (target.startsWith("/") || target.split("/").includes("..")) throw new Fault("EPERM", "escape");
}

/** An absolute target names a place of the host's, which is none of the guest's business. */
function checkShown(target: string): void {
  if (target.startsWith("/")) throw new Fault("EPERM", "escape");
}
