/** Job: preview1's rights: which exist, which a thing can have at most, which an open asks for. Never: hold them (handles do). */
import type { Open } from "../open.ts";

const bit = (n: number) => 1n << BigInt(n);

export const right = {
  fdDatasync: bit(0),
  fdRead: bit(1),
  fdSeek: bit(2),
  fdFdstatSetFlags: bit(3),
  fdSync: bit(4),
  fdTell: bit(5),
  fdWrite: bit(6),
  fdAdvise: bit(7),
  fdAllocate: bit(8),
  pathCreateDirectory: bit(9),
  pathCreateFile: bit(10),
  pathLinkSource: bit(11),
  pathLinkTarget: bit(12),
  pathOpen: bit(13),
  fdReaddir: bit(14),
  pathReadlink: bit(15),
  pathRenameSource: bit(16),
  pathRenameTarget: bit(17),
  pathFilestatGet: bit(18),
  pathFilestatSetSize: bit(19),
  pathFilestatSetTimes: bit(20),
  fdFilestatGet: bit(21),
  fdFilestatSetSize: bit(22),
  fdFilestatSetTimes: bit(23),
  pathSymlink: bit(24),
  pathRemoveDirectory: bit(25),
  pathUnlinkFile: bit(26),
  pollFdReadwrite: bit(27),
} as const;

const any = (...rights: readonly bigint[]) => rights.reduce((all, one) => all | one, 0n);

const reading = right.fdRead;
const writing = any(right.fdWrite, right.fdDatasync, right.fdAllocate, right.fdFilestatSetSize);
const positioned = any(right.fdSeek, right.fdTell, right.fdAdvise);
const common = any(right.fdFdstatSetFlags, right.fdSync, right.fdFilestatGet, right.pollFdReadwrite);
const looking = any(
  right.pathOpen,
  right.fdReaddir,
  right.pathReadlink,
  right.pathFilestatGet,
  right.fdFilestatGet,
  right.fdFdstatSetFlags,
  right.fdSync,
);
const changing = any(
  right.pathCreateDirectory,
  right.pathCreateFile,
  right.pathLinkSource,
  right.pathLinkTarget,
  right.pathRenameSource,
  right.pathRenameTarget,
  right.pathFilestatSetSize,
  right.pathFilestatSetTimes,
  right.fdFilestatSetTimes,
  right.pathSymlink,
  right.pathRemoveDirectory,
  right.pathUnlinkFile,
);

/** What can be done with a directory itself. A place that cannot be written to has them too: the refusal then names the reason. */
export const directoryRights = looking | changing;
/** What can be done with things opened below a directory. */
export const inheritable = directoryRights | reading | writing | positioned | common | right.fdFilestatSetTimes;

/** The most that `open` can do, whoever asks. */
export function possible(open: Open): bigint {
  switch (open.kind) {
    case "directory":
      return directoryRights;
    case "stream":
      return common | (open.stream === 0 ? reading : right.fdWrite | right.fdDatasync);
    case "file":
      return (
        common |
        right.fdFilestatSetTimes |
        (open.seekable ? positioned : 0n) |
        (open.access.read ? reading : 0n) |
        (open.access.write ? writing : 0n)
      );
    default:
      return open satisfies never;
  }
}
