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

  createDirectoryAt(_name: string): void {
    throw new Fault("EACCES", "read-only");
  }
  removeDirectoryAt(_name: string): void {
    throw new Fault("EACCES", "read-only");
  }
  unlinkAt(_name: string): void {
    throw new Fault("EACCES", "read-only");
  }
  symlinkAt(_name: string, _target: string): void {
    throw new Fault("EACCES", "read-only");
  }
  renameAt(_name: string, _to: Directory, _toName: string): void {
    throw new Fault("EACCES", "read-only");
  }
  linkAt(_name: string, _to: Directory, _toName: string): void {
    throw new Fault("EACCES", "read-only");
  }
  setTimes(_times: Times): void {
    throw new Fault("EACCES", "read-only");
  }
  setTimesAt(_name: string, _times: Times): void {
    throw new Fault("EACCES", "read-only");
  }
  sync(): void {}
  duplicate(): Directory {
    return this;
  }
  close(): void {}
}
