/** Job: preview1's fd_… functions. Never: paths. */
import { Fault, faultOf } from "../fault.ts";
import type { Kernel } from "../kernel.ts";
import type { DirectoryEntry, FileType, Stat, Times } from "../node.ts";
import type { Open, OpenDirectory, OpenFile, OpenStream } from "../open.ts";
import { fdflags, fileType, fstflags, sizes, whence } from "./abi.ts";
import type { Group } from "./context.ts";
import { right } from "./rights.ts";

/** A stream is no file: its size and times mean nothing. */
const streamStat = (stream: number): Stat => ({
  device: 0n,
  inode: BigInt(stream),
  type: "unknown",
  links: 1n,
  size: 0n,
  accessedNs: 0n,
  modifiedNs: 0n,
  changedNs: 0n,
});

/** Without asking the volume: only regular files and devices are ever open as files. */
function typeOf(open: Open): FileType {
  if (open.kind === "directory") return "directory";
  if (open.kind === "stream") return "unknown";
  return open.seekable ? "regular-file" : "character-device";
}

/** Offsets are u64; what no file can have is refused before it is a number. */
export function toOffset(value: bigint): number {
  const offset = BigInt.asUintN(64, value);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new Fault("EINVAL");
  return Number(offset);
}

/** Times as flags ask for them; `now` is the guest's own clock. */
export function toTimes(kernel: Kernel, accessed: bigint, modified: bigint, flags: number): Times {
  const one = (set: number, now: number, value: bigint): bigint | null => {
    if (flags & set && flags & now) throw new Fault("EINVAL");
    if (flags & now) return kernel.clock.wall();
    return flags & set ? BigInt.asUintN(64, value) : null;
  };
  return {
    accessedNs: one(fstflags.atim, fstflags.atimNow, accessed),
    modifiedNs: one(fstflags.mtim, fstflags.mtimNow, modified),
  };
}

const readable = (open: Open): OpenFile | OpenStream => {
  if (open.kind === "directory") throw new Fault("EISDIR");
  return open;
};

export const descriptorFunctions: Group = ({ kernel, memory, handles }) => {
  const encoder = new TextEncoder();

  const scatter = (buffers: readonly Uint8Array[], read: (into: Uint8Array, done: number) => number): number => {
    let done = 0;
    for (const buffer of buffers) {
      const count = read(buffer, done);
      done += count;
      if (count < buffer.length) break;
    }
    return done;
  };

  /** One write for one call where that is cheap: a line that a program prints in parts stays one piece of output. */
  const gathered = (buffers: readonly Uint8Array[]): readonly Uint8Array[] => {
    const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    if (buffers.length < 2 || total > 64 * 1024) return buffers;
    const one = new Uint8Array(total);
    let at = 0;
    for (const buffer of buffers) {
      one.set(buffer, at);
      at += buffer.length;
    }
    return [one];
  };

  const inodeOf = (open: OpenDirectory, entry: DirectoryEntry): bigint => {
    try {
      return open.directory.statAt(entry.name).inode;
    } catch (error) {
      // Gone since it was listed: 0 says "unknown", as readdir(3) users expect.
      if (faultOf(error) instanceof Fault) return 0n;
      throw error;
    }
  };

  return {
    fd_close(fd: number) {
      handles.close(fd);
    },

    fd_renumber(from: number, to: number) {
      handles.renumber(from, to);
    },

    fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number) {
      if (advice >>> 0 > 5) throw new Fault("EINVAL");
      handles.file(fd, right.fdAdvise);
    },

    /** Nothing that we can call reserves space; growing the file instead would promise what it does not keep. */
    fd_allocate(fd: number, _offset: bigint, _length: bigint) {
      handles.file(fd, right.fdAllocate);
      throw new Fault("ENOTSUP");
    },

    fd_sync(fd: number) {
      const { open } = handles.get(fd, right.fdSync);
      if (open.kind === "file") open.sync();
      else if (open.kind === "directory") open.directory.sync();
    },

    fd_datasync(fd: number) {
      const { open } = handles.get(fd, right.fdDatasync);
      if (open.kind === "file") open.sync();
    },

    fd_fdstat_get(fd: number, result: number) {
      const { open, base, inheriting } = handles.get(fd);
      memory.reserve(result, sizes.fdstat);
      const at = result >>> 0;
      const type = typeOf(open);
      let flags = 0;
      if (open.kind === "file") {
        if (open.flags.append) flags |= fdflags.append;
        if (open.flags.sync) flags |= fdflags.sync;
        if (open.flags.nonblock) flags |= fdflags.nonblock;
      }
      memory.setU16(at, fileType[type]);
      memory.setU16(at + 2, flags);
      memory.setU32(at + 4, 0);
      memory.setU64(at + 8, base);
      memory.setU64(at + 16, inheriting);
    },

    fd_fdstat_set_flags(fd: number, flags: number) {
      const { open } = handles.get(fd, right.fdFdstatSetFlags);
      if (flags & ~0x1f) throw new Fault("EINVAL");
      if (open.kind !== "file") return;
      open.flags.append = (flags & fdflags.append) !== 0;
      open.flags.nonblock = (flags & fdflags.nonblock) !== 0;
      open.flags.sync = (flags & (fdflags.sync | fdflags.dsync | fdflags.rsync)) !== 0;
    },

    /** Rights only ever shrink. */
    fd_fdstat_set_rights(fd: number, base: bigint, inheriting: bigint) {
      handles.restrict(fd, BigInt.asUintN(64, base), BigInt.asUintN(64, inheriting));
    },

    fd_filestat_get(fd: number, result: number) {
      const { open } = handles.get(fd, right.fdFilestatGet);
      memory.reserve(result, sizes.filestat);
      const stat =
        open.kind === "directory"
          ? open.directory.stat()
          : open.kind === "stream"
            ? streamStat(open.stream)
            : open.stat();
      memory.setStat(result, stat);
    },

    fd_filestat_set_size(fd: number, size: bigint) {
      handles.file(fd, right.fdFilestatSetSize).setSize(toOffset(size));
    },

    fd_filestat_set_times(fd: number, accessed: bigint, modified: bigint, flags: number) {
      const { open } = handles.get(fd, right.fdFilestatSetTimes);
      const times = toTimes(kernel, accessed, modified, flags);
      if (open.kind === "stream") throw new Fault("EBADF");
      kernel.files.setOpenTimes(open, times);
    },

    fd_read(fd: number, list: number, count: number, result: number) {
      const open = readable(handles.get(fd).open);
      handles.get(fd, right.fdRead);
      memory.reserve(result, 4);
      memory.setU32(
        result,
        scatter(memory.buffers(list, count), (into) => open.read(into)),
      );
    },

    fd_pread(fd: number, list: number, count: number, offset: bigint, result: number) {
      const open = handles.file(fd, right.fdRead | right.fdSeek);
      const start = toOffset(offset);
      memory.reserve(result, 4);
      memory.setU32(
        result,
        scatter(memory.buffers(list, count), (into, done) => open.readAt(into, start + done)),
      );
    },

    fd_write(fd: number, list: number, count: number, result: number) {
      const open = readable(handles.get(fd).open);
      handles.get(fd, right.fdWrite);
      memory.reserve(result, 4);
      memory.setU32(
        result,
        scatter(gathered(memory.buffers(list, count)), (from) => open.write(from)),
      );
    },

    fd_pwrite(fd: number, list: number, count: number, offset: bigint, result: number) {
      const open = handles.file(fd, right.fdWrite | right.fdSeek);
      const start = toOffset(offset);
      memory.reserve(result, 4);
      memory.setU32(
        result,
        scatter(memory.buffers(list, count), (from, done) => open.writeAt(from, start + done)),
      );
    },

    fd_seek(fd: number, offset: bigint, from: number, result: number) {
      const origin = whence[from >>> 0];
      if (origin === undefined) throw new Fault("EINVAL");
      // Asking where one is needs less than moving.
      const open = handles.file(fd, offset === 0n && origin === "current" ? right.fdTell : right.fdSeek);
      const distance = Number(offset);
      if (!Number.isSafeInteger(distance)) throw new Fault("EINVAL");
      memory.reserve(result, 8);
      memory.setU64(result, BigInt(open.seek(distance, origin)));
    },

    fd_tell(fd: number, result: number) {
      memory.setU64(result, BigInt(handles.file(fd, right.fdTell).position));
    },

    fd_prestat_get(fd: number, result: number) {
      const { preopen } = handles.get(fd);
      if (preopen === null) throw new Fault("EBADF");
      memory.reserve(result, sizes.prestat);
      memory.setU32(result, 0);
      memory.setU32((result >>> 0) + 4, encoder.encode(preopen).length);
    },

    fd_prestat_dir_name(fd: number, pointer: number, length: number) {
      const { preopen } = handles.get(fd);
      if (preopen === null) throw new Fault("EBADF");
      const name = encoder.encode(preopen);
      if (length >>> 0 < name.length) throw new Fault("ENAMETOOLONG");
      memory.bytes(pointer, name.length).set(name);
    },

    /** Cookies count in the listing that was made when the guest asked from 0: a stable order while files come and go. */
    fd_readdir(fd: number, pointer: number, length: number, cookie: bigint, result: number) {
      const handle = handles.get(fd);
      const open = handles.directory(fd, right.fdReaddir);
      memory.reserve(result, 4);
      const into = memory.bytes(pointer, length);
      const start = BigInt.asUintN(64, cookie);
      const listing = (start === 0n ? null : handle.listing) ?? handles.list(handle, kernel.files.entries(open));
      let used = 0;
      const head = new DataView(new ArrayBuffer(sizes.dirent));
      const put = (bytes: Uint8Array) => {
        const part = bytes.subarray(0, into.length - used);
        into.set(part, used);
        used += part.length;
      };
      // `.` and `..` come first, as cookies 0 and 1. The parent's inode is nobody's business.
      for (
        let at = start > BigInt(listing.length + 2) ? listing.length + 2 : Number(start);
        at < listing.length + 2;
        at += 1
      ) {
        if (used >= into.length) break;
        const entry = at < 2 ? { name: at === 0 ? "." : "..", type: "directory" as const } : listing[at - 2]!;
        const name = encoder.encode(entry.name);
        head.setBigUint64(0, BigInt(at + 1), true);
        head.setBigUint64(8, at < 2 ? open.directory.stat().inode : inodeOf(open, entry), true);
        head.setUint32(16, name.length, true);
        head.setUint32(20, fileType[entry.type], true);
        put(new Uint8Array(head.buffer));
        put(name);
      }
      memory.setU32(result, used);
    },
  };
};
