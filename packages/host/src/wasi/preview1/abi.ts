/**
 * Job: the numbers of wasi_snapshot_preview1 (https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md). Never: behaviour.
 */
import type { FaultCode } from "../fault.ts";
import type { FileType } from "../node.ts";

export const errno: Readonly<Record<FaultCode, number>> = {
  EACCES: 2,
  EBADF: 8,
  EBUSY: 10,
  EDQUOT: 19,
  EEXIST: 20,
  EFAULT: 21,
  EFBIG: 22,
  EILSEQ: 25,
  EINVAL: 28,
  EIO: 29,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  EMLINK: 34,
  ENAMETOOLONG: 37,
  ENFILE: 41,
  ENOENT: 44,
  ENOMEM: 48,
  ENOSPC: 51,
  ENOSYS: 52,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTSOCK: 57,
  ENOTSUP: 58,
  EOVERFLOW: 61,
  EPERM: 63,
  ESPIPE: 70,
  ETXTBSY: 74,
  EXDEV: 75,
  ENOTCAPABLE: 76,
};

export const fileType: Readonly<Record<FileType, number>> = {
  unknown: 0,
  "block-device": 1,
  "character-device": 2,
  directory: 3,
  "regular-file": 4,
  socket: 6,
  "symbolic-link": 7,
};

export const clockId = { realtime: 0, monotonic: 1, process: 2, thread: 3 } as const;
export const lookup = { symlinkFollow: 1 } as const;
export const oflags = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
export const fdflags = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;
export const fstflags = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const;
export const whence = ["start", "current", "end"] as const;
export const eventType = { clock: 0, fdRead: 1, fdWrite: 2 } as const;
export const subclockflags = { absolute: 1 } as const;

/** Sizes in bytes of what lies in memory. */
export const sizes = {
  iovec: 8,
  fdstat: 24,
  filestat: 64,
  prestat: 8,
  dirent: 24,
  subscription: 48,
  event: 32,
} as const;
