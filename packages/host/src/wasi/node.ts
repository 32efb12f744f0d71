/** Job: what a directory and a file are to the kernel, whatever holds them (host, memory, library). Never: behaviour. */

export type FileType =
  | "unknown"
  | "block-device"
  | "character-device"
  | "directory"
  | "regular-file"
  | "socket"
  | "symbolic-link";

/** Times are nanoseconds since 1970. */
export interface Stat {
  readonly device: bigint;
  readonly inode: bigint;
  readonly type: FileType;
  readonly links: bigint;
  readonly size: bigint;
  readonly accessedNs: bigint;
  readonly modifiedNs: bigint;
  readonly changedNs: bigint;
}

/** New times; null leaves one as it is. */
export interface Times {
  readonly accessedNs: bigint | null;
  readonly modifiedNs: bigint | null;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly type: FileType;
}

export interface OpenHow {
  readonly read: boolean;
  readonly write: boolean;
  readonly create: boolean;
  /** With `create`: fail when the name exists. */
  readonly exclusive: boolean;
  readonly truncate: boolean;
  /** Fail unless it is a directory. */
  readonly directory: boolean;
}

/** An answer of `enter` and `openAt`: the name is a link; whoever walks decides what that means. */
export class SymbolicLink {
  readonly target: string;
  constructor(target: string) {
    this.target = target;
  }
}

/** An open regular file (or device). Positions are bytes from the start, safe integers. */
export interface File {
  readonly kind: "file";
  /** A device has no position: it ignores the one given, and cannot seek. */
  readonly seekable: boolean;
  stat(): Stat;
  /** Fills `into` from `position`; fewer bytes only at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /** Writes all of `from` at `position`, or at the end when `position` is null. */
  write(from: Uint8Array, position: number | null): number;
  setSize(size: number): void;
  setTimes(times: Times): void;
  sync(): void;
  close(): void;
}

/**
 * An open directory. `…At` methods take one segment, never `.`, `..` or one with a slash, and never follow a link. Every
 * directory and file that a method hands out is the caller's to close. They fail with a Fault, or with what `node:fs` throws
 * (see faultOf).
 */
export interface Directory {
  readonly kind: "directory";
  /** Where the guest sees it; for messages only, since the directory may have been renamed since. */
  readonly guestPath: string;
  readonly writable: boolean;
  stat(): Stat;
  enter(name: string): Directory | SymbolicLink;
  statAt(name: string): Stat;
  openAt(name: string, how: OpenHow): File | Directory | SymbolicLink;
  readlinkAt(name: string): string;
  /** All names but `.` and `..`; more than `limit` is a fault. */
  entries(limit: number): DirectoryEntry[];
  createDirectoryAt(name: string): void;
  removeDirectoryAt(name: string): void;
  unlinkAt(name: string): void;
  symlinkAt(name: string, target: string): void;
  /** Within one volume; otherwise EXDEV. */
  renameAt(name: string, to: Directory, toName: string): void;
  linkAt(name: string, to: Directory, toName: string): void;
  setTimes(times: Times): void;
  setTimesAt(name: string, times: Times): void;
  sync(): void;
  duplicate(): Directory;
  close(): void;
}
