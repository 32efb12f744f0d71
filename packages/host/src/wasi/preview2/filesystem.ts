/** Job: wasi:filesystem: types and preopens. Never: resolve paths, decide what may be changed (the kernel does). */
import { createHash } from "node:crypto";
import { Fault, faultOf } from "../fault.ts";
import type { FileType, Stat, Times } from "../node.ts";
import type { OpenDirectory, OpenFile } from "../open.ts";
import { datetime } from "./clocks.ts";
import { type Context, type Group, ok, type Result } from "./context.ts";
import { Descriptor, Shared } from "./descriptor.ts";
import { filesystemResult, type IoError } from "./errors.ts";
import { Listing } from "./listing.ts";
import { FileInput, FileOutput, largestPiece } from "./streams.ts";

type Flags<Name extends string> = Readonly<Record<Name, boolean>>;
type PathFlags = Flags<"symlink-follow">;
type OpenFlags = Flags<"create" | "directory" | "exclusive" | "truncate">;
type DescriptorFlags = Flags<
  "read" | "write" | "file-integrity-sync" | "data-integrity-sync" | "requested-write-sync" | "mutate-directory"
>;
type NewTimestamp =
  | { readonly tag: "no-change" }
  | { readonly tag: "now" }
  | { readonly tag: "timestamp"; readonly val: { readonly seconds: bigint; readonly nanoseconds: number } };

/** Offsets are u64; what no file can have is refused before it is a number. */
function offsetOf(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Fault("EINVAL");
  return Number(value);
}

/** Where the host's clock was before 1970 the WIT has no number for it. */
const time = (nanoseconds: bigint) => (nanoseconds < 0n ? null : datetime(nanoseconds));

const statRecord = (stat: Stat) => ({
  type: stat.type,
  "link-count": stat.links,
  size: stat.size,
  "data-access-timestamp": time(stat.accessedNs),
  "data-modification-timestamp": time(stat.modifiedNs),
  "status-change-timestamp": time(stat.changedNs),
});

/** Only regular files and devices are ever open as files. */
function typeOf(open: OpenFile | OpenDirectory): FileType {
  if (open.kind === "directory") return "directory";
  return open.seekable ? "regular-file" : "character-device";
}

const statOf = (open: OpenFile | OpenDirectory): Stat =>
  open.kind === "directory" ? open.directory.stat() : open.stat();

function timesOf({ kernel }: Context, accessed: NewTimestamp, modified: NewTimestamp): Times {
  const one = (stamp: NewTimestamp): bigint | null => {
    if (stamp.tag === "no-change") return null;
    if (stamp.tag === "now") return kernel.clock.wall();
    const { seconds, nanoseconds } = stamp.val;
    if (nanoseconds >= 1_000_000_000) throw new Fault("EINVAL");
    const value = seconds * 1_000_000_000n + BigInt(nanoseconds);
    if (value >= 1n << 64n) throw new Fault("EOVERFLOW");
    return value;
  };
  return { accessedNs: one(accessed), modifiedNs: one(modified) };
}

/**
 * Stays the same for as long as the thing is the same thing, whatever is written to it: C programs get it as the inode number
 * and compare files by it. Under a key of the run's own, so that the host's numbers stay the host's.
 */
function metadataHashes({ kernel }: Context): (stat: Stat) => { lower: bigint; upper: bigint } {
  let key: Uint8Array | null = null;
  return ({ device, inode }) => {
    if (key === null) {
      key = new Uint8Array(16);
      kernel.random.fill(key);
    }
    const digest = createHash("sha256").update(key).update(`${device} ${inode}`).digest();
    return { lower: digest.readBigUInt64LE(0), upper: digest.readBigUInt64LE(8) };
  };
}

export const filesystemInterfaces: Group = (context) => {
  const { kernel, held } = context;
  const { files } = kernel;
  const metadataHash = metadataHashes(context);
  const result = filesystemResult;
  const preopens = kernel.preopens.map(({ guestPath, open }) => ({ guestPath, shared: new Shared(open) }));

  const sync = (descriptor: Descriptor): Result =>
    result(() => {
      const { open } = descriptor;
      if (open.kind === "directory") open.directory.sync();
      else open.sync();
      return ok();
    });

  const openAt = (
    from: Descriptor,
    pathFlags: PathFlags,
    path: string,
    openFlags: OpenFlags,
    flags: DescriptorFlags,
  ): Result =>
    result(() => {
      const opened = files.open(
        from.directory,
        path,
        pathFlags["symlink-follow"],
        {
          read: flags.read,
          write: flags.write,
          create: openFlags.create,
          exclusive: openFlags.exclusive,
          truncate: openFlags.truncate,
          directory: openFlags.directory,
        },
        {
          append: false,
          nonblock: false,
          sync: flags["file-integrity-sync"] || flags["data-integrity-sync"] || flags["requested-write-sync"],
        },
      );
      return ok(new Descriptor(new Shared(opened), from.mutable && flags["mutate-directory"]));
    });

  return {
    "wasi:filesystem/preopens": {
      functions: {
        // Each call gives handles of its own; the kernel remains a user of what they open.
        "get-directories": () =>
          preopens.map(({ guestPath, shared }) => [new Descriptor(shared.share(), true), guestPath]),
      },
    },

    "wasi:filesystem/types": {
      functions: {
        "filesystem-error-code": (error: IoError) => error.file,

        "[method]directory-entry-stream.read-directory-entry": (listing: Listing) => {
          const entry = listing.next();
          return ok(entry === null ? null : { type: entry.type, name: entry.name });
        },

        "[method]descriptor.read-via-stream": (from: Descriptor, offset: bigint) =>
          result(() => {
            if (!from.file.open.access.read) throw new Fault("EBADF");
            return ok(new FileInput(from.file, offsetOf(offset)));
          }),
        "[method]descriptor.write-via-stream": (to: Descriptor, offset: bigint) =>
          result(() => {
            if (!to.file.open.access.write) throw new Fault("EBADF");
            return ok(new FileOutput(to.file, offsetOf(offset)));
          }),
        "[method]descriptor.append-via-stream": (to: Descriptor) =>
          result(() => {
            if (!to.file.open.access.write) throw new Fault("EBADF");
            return ok(new FileOutput(to.file, null));
          }),
        "[method]descriptor.advise": (of: Descriptor, _offset: bigint, _length: bigint, _advice: string) =>
          result(() => {
            if (!of.file.open.seekable) throw new Fault("ESPIPE");
            return ok();
          }),
        "[method]descriptor.sync-data": sync,
        "[method]descriptor.sync": sync,

        "[method]descriptor.get-flags": (of: Descriptor) => {
          const { open } = of;
          const file = open.kind === "file" ? open : null;
          return ok({
            read: file?.access.read ?? true,
            write: file?.access.write ?? false,
            "file-integrity-sync": file?.flags.sync ?? false,
            "data-integrity-sync": false,
            "requested-write-sync": false,
            "mutate-directory": file === null && of.mutable,
          });
        },
        "[method]descriptor.get-type": (of: Descriptor) => ok(typeOf(of.open)),
        "[method]descriptor.set-size": (of: Descriptor, size: bigint) =>
          result(() => {
            of.file.open.setSize(offsetOf(size));
            return ok();
          }),
        "[method]descriptor.set-times": (of: Descriptor, accessed: NewTimestamp, modified: NewTimestamp) =>
          result(() => {
            files.setOpenTimes(of.open, timesOf(context, accessed, modified));
            return ok();
          }),

        "[method]descriptor.read": (from: Descriptor, length: bigint, offset: bigint) =>
          result(() => {
            const into = new Uint8Array(length > BigInt(largestPiece) ? largestPiece : Number(length));
            const count = from.file.open.readAt(into, offsetOf(offset));
            // Of a file fewer bytes come only at its end; of a device only none are the end.
            const ended = from.file.open.seekable ? count < into.length : count === 0 && into.length > 0;
            return ok([into.subarray(0, count), ended]);
          }),
        "[method]descriptor.write": (to: Descriptor, bytes: Uint8Array, offset: bigint) =>
          result(() => ok(BigInt(to.file.open.writeAt(bytes, offsetOf(offset))))),

        "[method]descriptor.read-directory": (of: Descriptor) =>
          result(() => ok(new Listing(files.entries(of.directory), held))),
        "[method]descriptor.create-directory-at": (from: Descriptor, path: string) =>
          result(() => {
            files.createDirectory(from.directory, path);
            return ok();
          }),
        "[method]descriptor.stat": (of: Descriptor) => result(() => ok(statRecord(statOf(of.open)))),
        "[method]descriptor.stat-at": (from: Descriptor, flags: PathFlags, path: string) =>
          result(() => ok(statRecord(files.stat(from.directory, path, flags["symlink-follow"])))),
        "[method]descriptor.set-times-at": (
          from: Descriptor,
          flags: PathFlags,
          path: string,
          accessed: NewTimestamp,
          modified: NewTimestamp,
        ) =>
          result(() => {
            files.setTimes(from.directory, path, flags["symlink-follow"], timesOf(context, accessed, modified));
            return ok();
          }),
        "[method]descriptor.link-at": (
          from: Descriptor,
          flags: PathFlags,
          path: string,
          to: Descriptor,
          toPath: string,
        ) =>
          result(() => {
            // Following would link whatever the link leads to; Wasmtime refuses it too.
            if (flags["symlink-follow"]) throw new Fault("EINVAL");
            files.link(from.directory, path, to.directory, toPath);
            return ok();
          }),
        "[method]descriptor.open-at": openAt,
        "[method]descriptor.readlink-at": (from: Descriptor, path: string) =>
          result(() => ok(files.readlink(from.directory, path))),
        "[method]descriptor.remove-directory-at": (from: Descriptor, path: string) =>
          result(() => {
            files.removeDirectory(from.directory, path);
            return ok();
          }),
        "[method]descriptor.rename-at": (from: Descriptor, path: string, to: Descriptor, toPath: string) =>
          result(() => {
            files.rename(from.directory, path, to.directory, toPath);
            return ok();
          }),
        "[method]descriptor.symlink-at": (from: Descriptor, target: string, path: string) =>
          result(() => {
            files.symlink(target, from.directory, path);
            return ok();
          }),
        "[method]descriptor.unlink-file-at": (from: Descriptor, path: string) =>
          result(() => {
            files.unlink(from.directory, path);
            return ok();
          }),

        "[method]descriptor.is-same-object": (one: Descriptor, other: Descriptor) => {
          try {
            const [a, b] = [statOf(one.open), statOf(other.open)];
            return a.device === b.device && a.inode === b.inode;
          } catch (thrown) {
            if (faultOf(thrown) instanceof Fault) return false;
            throw thrown;
          }
        },
        "[method]descriptor.metadata-hash": (of: Descriptor) => result(() => ok(metadataHash(statOf(of.open)))),
        "[method]descriptor.metadata-hash-at": (from: Descriptor, flags: PathFlags, path: string) =>
          result(() => ok(metadataHash(files.stat(from.directory, path, flags["symlink-follow"])))),
      },
      resources: {
        descriptor: (descriptor: Descriptor) => descriptor.drop(),
        "directory-entry-stream": (listing: Listing) => listing.drop(),
      },
    },
  };
};
