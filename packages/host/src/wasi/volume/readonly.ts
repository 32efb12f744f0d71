/** Job: refuse every change, for directories that have none: library and synthetic ones. Never: hold anything. */
import { Fault } from "../fault.ts";
import type { Directory, DirectoryEntry, File, OpenHow, Stat, SymbolicLink, Times } from "../node.ts";

export abstract class UnchangingDirectory implements Directory {
  readonly kind = "directory";
  readonly writable = false;
  abstract readonly guestPath: string;
  abstract stat(): Stat;
  abstract enter(name: string): Directory | SymbolicLink;
  abstract statAt(name: string): Stat;
  abstract openAt(name: string, how: OpenHow): File | Directory | SymbolicLink;
  abstract entries(limit: number): DirectoryEntry[];

  readlinkAt(name: string): string {
    this.statAt(name);
    throw new Fault("EINVAL");
  }

  /** Which refusal: a volume that is read-only, or a place that nothing was mounted on. */
  protected refusal(): Fault {
    return new Fault("EROFS");
  }

  createDirectoryAt(_name: string): void {
    throw this.refusal();
  }
  removeDirectoryAt(_name: string): void {
    throw this.refusal();
  }
  unlinkAt(_name: string): void {
    throw this.refusal();
  }
  symlinkAt(_name: string, _target: string): void {
    throw this.refusal();
  }
  renameAt(_name: string, _to: Directory, _toName: string): void {
    throw this.refusal();
  }
  linkAt(_name: string, _to: Directory, _toName: string): void {
    throw this.refusal();
  }
  setTimes(_times: Times): void {
    throw this.refusal();
  }
  setTimesAt(_name: string, _times: Times): void {
    throw this.refusal();
  }
  sync(): void {}
  duplicate(): Directory {
    return this;
  }
  close(): void {}
}
