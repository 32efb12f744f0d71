/** Job: the host's stat as the guest's, with the nanoseconds that the guest set. Never: open anything. */
import { type BigIntStats, constants } from "node:fs";
import type { FileType, Stat, Times } from "../../node.ts";

/** The S_IFMT part of a mode. */
const types: ReadonlyMap<number, FileType> = new Map<number, FileType>([
  [constants.S_IFDIR, "directory"],
  [constants.S_IFREG, "regular-file"],
  [constants.S_IFLNK, "symbolic-link"],
  [constants.S_IFCHR, "character-device"],
  [constants.S_IFBLK, "block-device"],
  [constants.S_IFSOCK, "socket"],
]);

export const typeOf = (mode: bigint): FileType => types.get(Number(mode) & constants.S_IFMT) ?? "unknown";

/** For `node:fs`: nanoseconds. */
export const bigint = { bigint: true } as const;

/** As many files as are remembered exactly. */
const maxExact = 1024;

interface Exact {
  readonly wanted: { readonly accessedNs: bigint; readonly modifiedNs: bigint };
  readonly kept: { readonly accessedNs: bigint; readonly modifiedNs: bigint };
}

/**
 * Node sets times as doubles in seconds, which keep a quarter of a microsecond; a program that sets nanoseconds and compares
 * would see them changed. So the exact values are remembered for this run, as long as the host still has what it made of them.
 */
export class ExactTimes {
  readonly #files = new Map<string, Exact>();

  remember(kept: BigIntStats, wanted: Exact["wanted"]): void {
    const key = `${kept.dev}:${kept.ino}`;
    this.#files.delete(key);
    if (this.#files.size >= maxExact) this.#files.delete(this.#files.keys().next().value!);
    this.#files.set(key, { wanted, kept: { accessedNs: kept.atimeNs, modifiedNs: kept.mtimeNs } });
  }

  stat(host: BigIntStats): Stat {
    const exact = this.#files.size === 0 ? undefined : this.#files.get(`${host.dev}:${host.ino}`);
    return {
      device: host.dev,
      inode: host.ino,
      type: typeOf(host.mode),
      links: host.nlink,
      size: host.size,
      accessedNs: exact?.kept.accessedNs === host.atimeNs ? exact.wanted.accessedNs : host.atimeNs,
      modifiedNs: exact?.kept.modifiedNs === host.mtimeNs ? exact.wanted.modifiedNs : host.mtimeNs,
      changedNs: host.ctimeNs,
    };
  }

  /** Sets `times` through `set` (seconds), on what `look` sees. */
  set(times: Times, look: () => BigIntStats, set: (accessed: number, modified: number) => void): void {
    const before = this.stat(look());
    const wanted = {
      accessedNs: times.accessedNs ?? before.accessedNs,
      modifiedNs: times.modifiedNs ?? before.modifiedNs,
    };
    set(Number(wanted.accessedNs) / 1e9, Number(wanted.modifiedNs) / 1e9);
    this.remember(look(), wanted);
  }
}
