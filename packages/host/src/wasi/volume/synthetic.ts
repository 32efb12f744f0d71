/** Job: the directories that exist only because something is mounted below them, and mount points over a volume. Never: files of its own. */
import { Fault, faultOf } from "../fault.ts";
import {
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenHow,
  type Stat,
  SymbolicLink,
  type Times,
} from "../node.ts";
import type { Device } from "../services.ts";
import { DeviceFile, deviceStat } from "./device.ts";
import { devices, fixedStat } from "./fixed.ts";

/** One name of the mount table: a way to mounts below, a mounted volume, a device, or the first two together. */
export interface MountPoint {
  readonly guestPath: string;
  readonly inode: bigint;
  readonly below: ReadonlyMap<string, MountPoint>;
  /** The root of what is mounted here. */
  readonly volume: Directory | null;
  readonly device: Device | null;
}

const syntheticStat = (inode: bigint): Stat => fixedStat(devices.synthetic, inode, "directory", 0);

/** `point` as a directory, over `covered`: what a volume mounted above has under this name, if anything. Takes ownership of `covered`. */
export function mountedDirectory(point: MountPoint, covered: Directory | null): Directory {
  const volume = point.volume;
  if (volume !== null) covered?.close();
  const base = volume === null ? covered : volume.duplicate();
  // A volume without mounts inside needs no cover, and pays for none.
  if (point.below.size === 0 && base !== null) return base;
  return new CoveredDirectory(point, base);
}

/** A directory some of whose names are mount points: those come first, cannot be changed, and hide what lies under them. */
class CoveredDirectory implements Directory {
  readonly kind = "directory";
  readonly #point: MountPoint;
  readonly #base: Directory | null;

  constructor(point: MountPoint, base: Directory | null) {
    this.#point = point;
    this.#base = base;
  }

  get guestPath(): string {
    return this.#point.guestPath;
  }

  get writable(): boolean {
    return this.#base?.writable ?? false;
  }

  /** What lies under the mounts. */
  get base(): Directory | null {
    return this.#base;
  }

  /** The volume that answers for a name that is no mount point. */
  #under(): Directory {
    if (this.#base === null) throw new Fault("ENOENT", "ungranted");
    return this.#base;
  }

  /** The volume to change under `name`. */
  #changing(name: string): Directory {
    if (this.#point.below.has(name)) throw new Fault("EBUSY");
    if (this.#base === null) throw new Fault("EACCES", "ungranted");
    return this.#base;
  }

  stat(): Stat {
    return this.#base?.stat() ?? syntheticStat(this.#point.inode);
  }

  enter(name: string): Directory | SymbolicLink {
    const point = this.#point.below.get(name);
    if (point === undefined) return this.#under().enter(name);
    if (point.device !== null) throw new Fault("ENOTDIR");
    return mountedDirectory(point, point.volume === null ? this.#covered(name) : null);
  }

  #covered(name: string): Directory | null {
    try {
      const covered = this.#base?.enter(name) ?? null;
      return covered instanceof SymbolicLink ? null : covered;
    } catch (error) {
      if (faultOf(error) instanceof Fault) return null;
      throw error;
    }
  }

  statAt(name: string): Stat {
    const point = this.#point.below.get(name);
    if (point === undefined) return this.#under().statAt(name);
    if (point.device !== null) return deviceStat(point.inode);
    const directory = this.enter(name);
    if (directory instanceof SymbolicLink) throw new Fault("ELOOP");
    try {
      return directory.stat();
    } finally {
      directory.close();
    }
  }

  openAt(name: string, how: OpenHow): File | Directory | SymbolicLink {
    const point = this.#point.below.get(name);
    if (point === undefined) return this.#under().openAt(name, how);
    if (how.create && how.exclusive) throw new Fault("EEXIST");
    if (point.device === null) return this.enter(name);
    if (how.directory) throw new Fault("ENOTDIR");
    return new DeviceFile(point.device, point.inode);
  }

  readlinkAt(name: string): string {
    if (this.#point.below.has(name)) throw new Fault("EINVAL");
    return this.#under().readlinkAt(name);
  }

  entries(limit: number): DirectoryEntry[] {
    const below = this.#point.below;
    const entries = (this.#base?.entries(limit) ?? []).filter((entry) => !below.has(entry.name));
    for (const [name, point] of below)
      entries.push({ name, type: point.device === null ? "directory" : "character-device" });
    return entries;
  }

  createDirectoryAt(name: string): void {
    if (this.#point.below.has(name)) throw new Fault("EEXIST");
    this.#changing(name).createDirectoryAt(name);
  }
  removeDirectoryAt(name: string): void {
    this.#changing(name).removeDirectoryAt(name);
  }
  unlinkAt(name: string): void {
    this.#changing(name).unlinkAt(name);
  }
  symlinkAt(name: string, target: string): void {
    if (this.#point.below.has(name)) throw new Fault("EEXIST");
    this.#changing(name).symlinkAt(name, target);
  }
  renameAt(name: string, to: Directory, toName: string): void {
    this.#changing(name).renameAt(name, to, toName);
  }
  linkAt(name: string, to: Directory, toName: string): void {
    this.#changing(name).linkAt(name, to, toName);
  }
  setTimes(times: Times): void {
    if (this.#base === null) throw new Fault("EACCES", "ungranted");
    this.#base.setTimes(times);
  }
  setTimesAt(name: string, times: Times): void {
    this.#changing(name).setTimesAt(name, times);
  }
  sync(): void {
    this.#base?.sync();
  }
  duplicate(): Directory {
    return new CoveredDirectory(this.#point, this.#base?.duplicate() ?? null);
  }
  close(): void {
    this.#base?.close();
  }

  /** The directory that a rename or link into `toName` of this one lands in. */
  changing(toName: string): Directory {
    return this.#changing(toName);
  }
}

/** The volume's own directory behind `to`, which a volume needs as the target of its renames and links. */
export function uncovered(to: Directory, toName: string): Directory {
  return to instanceof CoveredDirectory ? to.changing(toName) : to;
}
