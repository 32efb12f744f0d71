/** Job: what a kernel is made from: plain data that can be posted to a worker. Never: behaviour. */

/** Something in the guest's file tree. Guest paths are absolute, normalised, and do not nest inside a `library`. */
export type Mount =
  /** A directory of the host, through an opened descriptor. */
  | { readonly kind: "directory"; readonly guestPath: string; readonly hostPath: string; readonly mode: "ro" | "rw" }
  /** Files in the worker's memory, empty at the start, gone at the end. */
  | { readonly kind: "temporary"; readonly guestPath: string; readonly maxBytes: number }
  /** Read-only files by relative path ("os.py", "json/__init__.py"), served with fixed inode, time and order. */
  | {
      readonly kind: "library";
      readonly guestPath: string;
      readonly files: ReadonlyMap<string, Uint8Array | StoredFile>;
    };

/** A large file of an engine's on the host's disk, of which most guests read nothing: as it was when the host looked. */
export interface StoredFile {
  readonly hostPath: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Every resource of the kernel that a guest can ask for has a number. */
export interface Quotas {
  /** Files and directories open at once, preopens included. */
  readonly openHandles: number;
  /** Bytes on standard output and error together. */
  readonly outputBytes: number;
  /** Bytes written to files in the whole run; growing a file without data (a hole) counts as writing it. */
  readonly fileBytesWritten: number;
  readonly pathBytes: number;
  /** Entries of one listing, and names created in the whole run. */
  readonly directoryEntries: number;
  readonly pollSubscriptions: number;
}

export interface KernelConfig {
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly mounts: readonly Mount[];
  /** Guest directories given as preopened descriptors from 3 on. */
  readonly preopens: readonly string[];
  readonly clock: (
    | { readonly kind: "real" }
    /** Time passes by 1 µs with each look at a clock, and by a sleep's length with each sleep, which then takes none. */
    | { readonly kind: "virtual"; readonly startNs: bigint }
  ) & {
    /** What the monotonic clock begins with (0); a restored image goes on from its own value. */
    readonly monotonicStartNs?: bigint;
  };
  readonly random: { readonly kind: "host" } | { readonly kind: "seeded"; readonly seed: bigint };
  readonly quotas: Quotas;
}

export const defaultQuotas: Quotas = {
  openHandles: 256,
  outputBytes: 64 * 1024 * 1024,
  fileBytesWritten: 1024 * 1024 * 1024,
  pathBytes: 4096,
  directoryEntries: 100_000,
  pollSubscriptions: 256,
};

/** A refusal by policy, told to the host's events as it happens. */
export interface Denial {
  readonly kind: "file" | "host" | "env" | "task" | "quota";
  /** What was asked for, as the guest sees it. */
  readonly what: string;
  readonly reason: string;
  /** The option that would allow it, e.g. `allowed_files=["./data"]`. */
  readonly hint: string;
}
