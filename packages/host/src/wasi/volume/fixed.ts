/** Job: the stat of things that no disk holds: the same on every machine and in every run. Never: anything that changes. */
import type { FileType, Stat } from "../node.ts";

/** 2000-01-01: importlib stores the times of what it reads, and a golden image must be the same on every machine. */
const fixedTimeNs = 946_684_800_000_000_000n;

/** Numbers that no disk of the host is likely to have; two things are the same file when device and inode agree. */
export const devices = { synthetic: 0xca_0000n, library: 0xca_0001n, temporary: 0xca_0002n } as const;

export const fixedStat = (device: bigint, inode: bigint, type: FileType, size: number): Stat => ({
  device,
  inode,
  type,
  links: 1n,
  size: BigInt(size),
  accessedNs: fixedTimeNs,
  modifiedNs: fixedTimeNs,
  changedNs: fixedTimeNs,
});
