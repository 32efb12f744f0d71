/**
 * Job: preview1 on top of preview2's interfaces, as the adapter in real components does it, so that everything written for the
 * one front (guests, attacks, fuzzers, the official suite) also goes through the other.
 * Never: touch the kernel; what preview2 cannot do is not done (rights of handles).
 */
import type { ComponentValue, HostInstance } from "../../../packages/host/src/component/value.ts";
import { Fault, type FaultCode } from "../../../packages/host/src/wasi/fault.ts";
import { errno } from "../../../packages/host/src/wasi/preview1/abi.ts";
import type { GuestMemory } from "../../../packages/host/src/wasi/preview1/memory.ts";
import { directoryRights, inheritable, right } from "../../../packages/host/src/wasi/preview1/rights.ts";
import type { Preview1 } from "../../../packages/host/src/wasi/preview1.ts";
import { errorCodes } from "../../../packages/host/src/wasi/preview2/errors.ts";
import type { Preview2 } from "../../../packages/host/src/wasi/preview2.ts";

type Call = (name: string, ...args: readonly ComponentValue[]) => ComponentValue;

/** Error code → errno; of several that share one, not these. */
const lesser: ReadonlySet<string> = new Set(["EFAULT", "EMFILE", "ENFILE", "ENOSYS", "ENOTCAPABLE", "ENOTSOCK"]);
const errnos = new Map(
  Object.entries(errorCodes)
    .filter(([code]) => !lesser.has(code))
    .map(([code, name]) => [name, errno[code as FaultCode]]),
);

const types = [
  "unknown",
  "block-device",
  "character-device",
  "directory",
  "regular-file",
  "",
  "socket",
  "symbolic-link",
];
const second = 1_000_000_000n;
const now = { tag: "now" };
const noChange = { tag: "no-change" };

class Errno {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}

interface Result {
  readonly tag: "ok" | "err";
  readonly val?: ComponentValue;
}

interface Descriptor {
  readonly kind: "descriptor";
  readonly handle: object;
  readonly type: string;
  readonly preopen: string | null;
  readonly read: boolean;
  readonly write: boolean;
  position: bigint;
  append: boolean;
  flags: number;
  listing: { name: string; type: string }[] | null;
}
interface Stream {
  readonly kind: "stream";
  readonly number: number;
  readonly handle: object;
}
type Open = Descriptor | Stream;

/** Calls a function of any interface by `interface#function`. */
export const caller =
  (host: ReadonlyMap<string, HostInstance>): Call =>
  (name, ...args) => {
    const [interfaceName, functionName] = name.split("#") as [string, string];
    const act = host.get(interfaceName)?.functions.get(functionName);
    if (act === undefined) throw new TypeError(`there is no ${name}`);
    return act(...args)!;
  };

export function adapter(host: Preview2, memory: GuestMemory): Preview1 {
  const call = caller(host);
  const fail = (code: FaultCode): never => {
    throw new Errno(errno[code]);
  };
  const value = (result: ComponentValue): ComponentValue => {
    const { tag, val } = result as Result;
    if (tag === "ok") return val ?? null;
    throw new Errno(errnos.get(val as string)!);
  };
  const method = (name: string, ...args: readonly ComponentValue[]) =>
    value(call(`wasi:filesystem/types#[method]descriptor.${name}`, ...args));
  const drop = (interfaceName: string, resource: string, object: object) =>
    host.get(interfaceName)!.resources.get(resource)!.drop(object);
  /** Of a stream: closed is the end. */
  const streamed = (result: ComponentValue): ComponentValue => {
    const { tag, val } = result as Result;
    if (tag === "ok") return val ?? null;
    const failure = val as { tag: string; val?: object };
    if (failure.tag === "closed") return null;
    const code = call("wasi:filesystem/types#filesystem-error-code", failure.val!) as string | null;
    throw new Errno(code === null ? errno.EIO : errnos.get(code)!);
  };

  const open: (Open | undefined)[] = [
    { kind: "stream", number: 0, handle: call("wasi:cli/stdin#get-stdin") as object },
    { kind: "stream", number: 1, handle: call("wasi:cli/stdout#get-stdout") as object },
    { kind: "stream", number: 2, handle: call("wasi:cli/stderr#get-stderr") as object },
  ];
  const add = (entry: Open): number => {
    let number = 0;
    while (open[number] !== undefined) number += 1;
    open[number] = entry;
    return number;
  };
  const descriptor = (handle: object, preopen: string | null, flags = 0): Descriptor => {
    const found = method("get-flags", handle) as Readonly<Record<string, boolean>>;
    return {
      kind: "descriptor",
      handle,
      type: method("get-type", handle) as string,
      preopen,
      read: found["read"] ?? false,
      write: found["write"] ?? false,
      position: 0n,
      append: (flags & 1) !== 0,
      flags,
      listing: null,
    };
  };
  for (const [handle, name] of call("wasi:filesystem/preopens#get-directories") as [object, string][])
    add(descriptor(handle, name));

  const get = (fd: number): Open => open[fd >>> 0] ?? fail("EBADF");
  const file = (fd: number): Descriptor => {
    const found = get(fd);
    if (found.kind === "stream") return fail("ESPIPE");
    return found.type === "directory" ? fail("EISDIR") : found;
  };
  const directory = (fd: number): Descriptor => {
    const found = get(fd);
    return found.kind === "descriptor" && found.type === "directory" ? found : fail("ENOTDIR");
  };
  const seekable = (found: Descriptor) => (found.type === "character-device" ? fail("ESPIPE") : found);
  const offset = (number: bigint) => BigInt.asUintN(64, number);
  const follow = (flags: number) => ({ "symlink-follow": (flags & 1) !== 0 });
  const datetime = (nanoseconds: bigint) => ({
    tag: "timestamp",
    val: { seconds: offset(nanoseconds) / second, nanoseconds: Number(offset(nanoseconds) % second) },
  });
  const stamps = (accessed: bigint, modified: bigint, flags: number): [ComponentValue, ComponentValue] => {
    const one = (set: number, setNow: number, time: bigint) => {
      if (flags & set && flags & setNow) fail("EINVAL");
      if (flags & setNow) return now;
      return flags & set ? datetime(time) : noChange;
    };
    return [one(1, 2, accessed), one(4, 8, modified)];
  };
  const nanoseconds = (time: ComponentValue) => {
    const { seconds, nanoseconds } = time as { seconds: bigint; nanoseconds: number };
    return seconds * second + BigInt(nanoseconds);
  };
  const putStat = (at: number, stat: ComponentValue, hash: ComponentValue) => {
    const { type, size, "link-count": links, ...times } = stat as Readonly<Record<string, ComponentValue>>;
    memory.setStat(at, {
      device: 1n,
      inode: (hash as { lower: bigint }).lower,
      type: type as "regular-file",
      links: links as bigint,
      size: size as bigint,
      accessedNs: nanoseconds(times["data-access-timestamp"]!),
      modifiedNs: nanoseconds(times["data-modification-timestamp"]!),
      changedNs: nanoseconds(times["status-change-timestamp"]!),
    });
  };
  const scatter = (buffers: readonly Uint8Array[], act: (buffer: Uint8Array) => number) => {
    let done = 0;
    for (const buffer of buffers) {
      const count = act(buffer);
      done += count;
      if (count < buffer.length) break;
    }
    return done;
  };
  const readAt = (from: Descriptor, buffer: Uint8Array, at: bigint): number => {
    if (!from.read) fail("EBADF");
    let done = 0;
    for (;;) {
      const rest = buffer.length - done;
      const [bytes, ended] = method("read", from.handle, BigInt(rest), at + BigInt(done)) as [Uint8Array, boolean];
      buffer.set(bytes, done);
      done += bytes.length;
      if (ended || done === buffer.length || from.type === "character-device") return done;
    }
  };
  const writeAt = (to: Descriptor, buffer: Uint8Array, at: bigint): number =>
    Number(method("write", to.handle, buffer.slice(), at) as bigint);
  /** By a stream, as the real one does. */
  const append = (to: Descriptor, buffer: Uint8Array): number => {
    const stream = method("append-via-stream", to.handle) as object;
    try {
      streamed(call("wasi:io/streams#[method]output-stream.blocking-write-and-flush", stream, buffer.slice()));
      to.position = (method("stat", to.handle) as { size: bigint }).size;
      return buffer.length;
    } finally {
      drop("wasi:io/streams", "output-stream", stream);
    }
  };
  const strings = (list: readonly string[]) => {
    const encoded = list.map((text) => new TextEncoder().encode(`${text}\0`));
    const length = encoded.reduce((sum, bytes) => sum + bytes.length, 0);
    return {
      sizes(count: number, bytes: number) {
        memory.setU32(count, encoded.length);
        memory.setU32(bytes, length);
      },
      get(pointers: number, buffer: number) {
        memory.reserve(pointers, encoded.length * 4);
        const into = memory.bytes(buffer, length);
        let at = 0;
        encoded.forEach((bytes, i) => {
          memory.setU32((pointers >>> 0) + 4 * i, (buffer >>> 0) + at);
          into.set(bytes, at);
          at += bytes.length;
        });
      },
    };
  };
  const args = () => strings(call("wasi:cli/environment#get-arguments") as string[]);
  const environ = () =>
    strings(
      (call("wasi:cli/environment#get-environment") as [string, string][]).map(([name, text]) => `${name}=${text}`),
    );
  const list = (of: Descriptor) => {
    const stream = method("read-directory", of.handle) as object;
    const entries: { name: string; type: string }[] = [];
    for (;;) {
      const entry = value(
        call("wasi:filesystem/types#[method]directory-entry-stream.read-directory-entry", stream),
      ) as { name: string; type: string } | null;
      if (entry === null) break;
      entries.push(entry);
    }
    drop("wasi:filesystem/types", "directory-entry-stream", stream);
    return entries;
  };
  const inode = (of: Descriptor, name: string): bigint => {
    try {
      return (method("metadata-hash-at", of.handle, follow(0), name) as { lower: bigint }).lower;
    } catch (error) {
      if (error instanceof Errno) return 0n;
      throw error;
    }
  };
  const notSocket = (fd: number) => {
    get(fd);
    fail("ENOTSOCK");
  };

  const functions: Record<string, (...values: never[]) => void> = {
    args_sizes_get: (a: number, b: number) => args().sizes(a, b),
    args_get: (a: number, b: number) => args().get(a, b),
    environ_sizes_get: (a: number, b: number) => environ().sizes(a, b),
    environ_get: (a: number, b: number) => environ().get(a, b),
    clock_res_get(id: number, result: number) {
      if (id >>> 0 > 3) fail("EINVAL");
      memory.setU64(result, call("wasi:clocks/monotonic-clock#resolution") as bigint);
    },
    clock_time_get(id: number, _precision: bigint, result: number) {
      memory.reserve(result, 8);
      if (id === 0) memory.setU64(result, nanoseconds(call("wasi:clocks/wall-clock#now")));
      else if (id === 1) memory.setU64(result, call("wasi:clocks/monotonic-clock#now") as bigint);
      else fail(id === 2 || id === 3 ? "ENOTSUP" : "EINVAL");
    },
    random_get(pointer: number, length: number) {
      const into = memory.bytes(pointer, length);
      into.set(call("wasi:random/random#get-random-bytes", BigInt(into.length)) as Uint8Array);
    },
    proc_exit(code: number) {
      call("wasi:cli/exit#exit-with-code", code & 0xff);
    },
    sched_yield() {},
    sock_accept: notSocket,
    sock_recv: notSocket,
    sock_send: notSocket,
    sock_shutdown: notSocket,

    fd_close(fd: number) {
      const found = get(fd);
      open[fd >>> 0] = undefined;
      if (found.kind === "descriptor") drop("wasi:filesystem/types", "descriptor", found.handle);
      else drop("wasi:io/streams", found.number === 0 ? "input-stream" : "output-stream", found.handle);
    },
    fd_renumber(from: number, to: number) {
      const [moved, replaced] = [get(from), get(to)];
      if (from >>> 0 === to >>> 0) return;
      open[to >>> 0] = moved;
      open[from >>> 0] = undefined;
      if (replaced.kind === "descriptor") drop("wasi:filesystem/types", "descriptor", replaced.handle);
    },
    fd_advise(fd: number, at: bigint, length: bigint, advice: number) {
      const names = ["normal", "sequential", "random", "will-need", "dont-need", "no-reuse"];
      if (advice >>> 0 > 5) fail("EINVAL");
      method("advise", file(fd).handle, offset(at), offset(length), names[advice]!);
    },
    fd_allocate(fd: number) {
      file(fd);
      fail("ENOTSUP");
    },
    fd_sync(fd: number) {
      const found = get(fd);
      if (found.kind === "descriptor") method("sync", found.handle);
    },
    fd_datasync(fd: number) {
      const found = get(fd);
      if (found.kind === "descriptor") method("sync-data", found.handle);
    },
    fd_fdstat_get(fd: number, result: number) {
      const found = get(fd);
      memory.reserve(result, 24);
      const at = result >>> 0;
      const type = found.kind === "stream" ? "unknown" : found.type;
      const isDirectory = type === "directory";
      const bits =
        found.kind === "descriptor" && !isDirectory
          ? inheritable & ~directoryRights & ~(found.read ? 0n : right.fdRead) & ~(found.write ? 0n : right.fdWrite)
          : 0n;
      memory.setU16(at, types.indexOf(type));
      memory.setU16(at + 2, found.kind === "descriptor" ? found.flags | (found.append ? 1 : 0) : 0);
      memory.setU32(at + 4, 0);
      memory.setU64(at + 8, isDirectory ? directoryRights : bits);
      memory.setU64(at + 16, isDirectory ? inheritable : 0n);
    },
    fd_fdstat_set_flags(fd: number, flags: number) {
      const found = get(fd);
      if (flags & ~0x1f) fail("EINVAL");
      if (found.kind === "descriptor" && found.type !== "directory") {
        found.append = (flags & 1) !== 0;
        found.flags = flags & ~1;
      }
    },
    fd_fdstat_set_rights(fd: number) {
      get(fd);
    },
    fd_filestat_get(fd: number, result: number) {
      const found = get(fd);
      memory.reserve(result, 64);
      if (found.kind === "descriptor")
        return putStat(result, method("stat", found.handle), method("metadata-hash", found.handle));
      const none = { device: 0n, inode: BigInt(found.number), type: "unknown" as const, links: 1n, size: 0n };
      memory.setStat(result, { ...none, accessedNs: 0n, modifiedNs: 0n, changedNs: 0n });
    },
    fd_filestat_set_size(fd: number, size: bigint) {
      method("set-size", file(fd).handle, offset(size));
    },
    fd_filestat_set_times(fd: number, accessed: bigint, modified: bigint, flags: number) {
      const found = get(fd);
      const times = stamps(accessed, modified, flags);
      if (found.kind === "stream") return fail("EBADF");
      method("set-times", found.handle, ...times);
    },
    fd_read(fd: number, at: number, count: number, result: number) {
      const found = get(fd);
      if (found.kind === "descriptor" && found.type === "directory") fail("EISDIR");
      memory.reserve(result, 4);
      const total = scatter(memory.buffers(at, count), (buffer) => {
        if (found.kind === "stream") {
          if (found.number !== 0) fail("ENOTCAPABLE");
          const bytes = streamed(
            call("wasi:io/streams#[method]input-stream.blocking-read", found.handle, BigInt(buffer.length)),
          ) as Uint8Array | null;
          buffer.set(bytes ?? []);
          return bytes?.length ?? 0;
        }
        const read = readAt(found, buffer, found.position);
        found.position += BigInt(read);
        return read;
      });
      memory.setU32(result, total);
    },
    fd_pread(fd: number, at: number, count: number, from: bigint, result: number) {
      const found = seekable(file(fd));
      memory.reserve(result, 4);
      let position = offset(from);
      if (position > BigInt(Number.MAX_SAFE_INTEGER)) fail("EINVAL");
      const total = scatter(memory.buffers(at, count), (buffer) => {
        const read = readAt(found, buffer, position);
        position += BigInt(read);
        return read;
      });
      memory.setU32(result, total);
    },
    fd_write(fd: number, at: number, count: number, result: number) {
      const found = get(fd);
      if (found.kind === "descriptor" && found.type === "directory") fail("EISDIR");
      memory.reserve(result, 4);
      const total = scatter(memory.buffers(at, count), (buffer) => {
        if (found.kind === "stream") {
          if (found.number === 0) fail("ENOTCAPABLE");
          streamed(
            call("wasi:io/streams#[method]output-stream.blocking-write-and-flush", found.handle, buffer.slice()),
          );
          return buffer.length;
        }
        if (found.append && found.type !== "character-device") return append(found, buffer);
        const written = writeAt(found, buffer, found.position);
        if (found.type !== "character-device") found.position += BigInt(written);
        return written;
      });
      memory.setU32(result, total);
    },
    fd_pwrite(fd: number, at: number, count: number, to: bigint, result: number) {
      const found = seekable(file(fd));
      memory.reserve(result, 4);
      let position = offset(to);
      const total = scatter(memory.buffers(at, count), (buffer) => {
        const written = writeAt(found, buffer, position);
        position += BigInt(written);
        return written;
      });
      memory.setU32(result, total);
    },
    fd_seek(fd: number, by: bigint, whence: number, result: number) {
      const found = seekable(file(fd));
      if (whence >>> 0 > 2) fail("EINVAL");
      memory.reserve(result, 8);
      const base =
        whence === 0 ? 0n : whence === 1 ? found.position : (method("stat", found.handle) as { size: bigint }).size;
      const position = base + by;
      if (position < 0n || position > BigInt(Number.MAX_SAFE_INTEGER)) fail("EINVAL");
      found.position = position;
      memory.setU64(result, position);
    },
    fd_tell(fd: number, result: number) {
      memory.setU64(result, seekable(file(fd)).position);
    },
    fd_prestat_get(fd: number, result: number) {
      const found = get(fd);
      if (found.kind === "stream" || found.preopen === null) return fail("EBADF");
      memory.reserve(result, 8);
      memory.setU32(result, 0);
      memory.setU32((result >>> 0) + 4, new TextEncoder().encode(found.preopen).length);
    },
    fd_prestat_dir_name(fd: number, pointer: number, length: number) {
      const found = get(fd);
      if (found.kind === "stream" || found.preopen === null) return fail("EBADF");
      const name = new TextEncoder().encode(found.preopen);
      if (length >>> 0 < name.length) fail("ENAMETOOLONG");
      memory.bytes(pointer, name.length).set(name);
    },
    fd_readdir(fd: number, pointer: number, length: number, cookie: bigint, result: number) {
      const found = directory(fd);
      memory.reserve(result, 4);
      const into = memory.bytes(pointer, length);
      const start = offset(cookie);
      if (start === 0n || found.listing === null) found.listing = list(found);
      const entries = [{ name: ".", type: "directory" }, { name: "..", type: "directory" }, ...found.listing];
      let used = 0;
      const put = (bytes: Uint8Array) => {
        const part = bytes.subarray(0, into.length - used);
        into.set(part, used);
        used += part.length;
      };
      for (let at = start > BigInt(entries.length) ? entries.length : Number(start); at < entries.length; at += 1) {
        if (used >= into.length) break;
        const entry = entries[at]!;
        const name = new TextEncoder().encode(entry.name);
        const head = new DataView(new ArrayBuffer(24));
        head.setBigUint64(0, BigInt(at + 1), true);
        head.setBigUint64(8, inode(found, at < 2 ? "." : entry.name), true);
        head.setUint32(16, name.length, true);
        head.setUint32(20, types.indexOf(entry.type), true);
        put(new Uint8Array(head.buffer));
        put(name);
      }
      memory.setU32(result, used);
    },

    path_open(
      fd: number,
      lookup: number,
      pointer: number,
      length: number,
      flags: number,
      base: bigint,
      _inheriting: bigint,
      fdflags: number,
      result: number,
    ) {
      const from = directory(fd);
      if (flags & ~0xf || fdflags & ~0x1f) fail("EINVAL");
      const path = memory.path(pointer, length);
      memory.reserve(result, 4);
      const sync = (bit: number) => (fdflags & bit) !== 0;
      const handle = method(
        "open-at",
        from.handle,
        follow(lookup),
        path,
        {
          create: (flags & 1) !== 0,
          directory: (flags & 2) !== 0,
          exclusive: (flags & 4) !== 0,
          truncate: (flags & 8) !== 0,
        },
        {
          read: (base & right.fdRead) !== 0n,
          write: (base & right.fdWrite) !== 0n,
          "file-integrity-sync": sync(16),
          "data-integrity-sync": sync(2),
          "requested-write-sync": sync(8),
          "mutate-directory": false,
        },
      ) as object;
      memory.setU32(result, add(descriptor(handle, null, fdflags)));
    },
    path_filestat_get(fd: number, flags: number, pointer: number, length: number, result: number) {
      const from = directory(fd);
      const path = memory.path(pointer, length);
      memory.reserve(result, 64);
      const stat = method("stat-at", from.handle, follow(flags), path);
      putStat(result, stat, method("metadata-hash-at", from.handle, follow(flags), path));
    },
    path_filestat_set_times(
      fd: number,
      flags: number,
      pointer: number,
      length: number,
      accessed: bigint,
      modified: bigint,
      times: number,
    ) {
      const from = directory(fd);
      const path = memory.path(pointer, length);
      method("set-times-at", from.handle, follow(flags), path, ...stamps(accessed, modified, times));
    },
    path_create_directory: (fd: number, pointer: number, length: number) => {
      method("create-directory-at", directory(fd).handle, memory.path(pointer, length));
    },
    path_remove_directory: (fd: number, pointer: number, length: number) => {
      method("remove-directory-at", directory(fd).handle, memory.path(pointer, length));
    },
    path_unlink_file: (fd: number, pointer: number, length: number) => {
      method("unlink-file-at", directory(fd).handle, memory.path(pointer, length));
    },
    path_readlink(fd: number, pointer: number, length: number, into: number, size: number, result: number) {
      const from = directory(fd);
      const path = memory.path(pointer, length);
      memory.reserve(result, 4);
      const buffer = memory.bytes(into, size);
      const target = new TextEncoder()
        .encode(method("readlink-at", from.handle, path) as string)
        .subarray(0, buffer.length);
      buffer.set(target);
      memory.setU32(result, target.length);
    },
    path_symlink(target: number, targetLength: number, fd: number, pointer: number, length: number) {
      const from = directory(fd);
      method("symlink-at", from.handle, memory.path(target, targetLength), memory.path(pointer, length));
    },
    path_rename(fd: number, pointer: number, length: number, toFd: number, toPointer: number, toLength: number) {
      const [from, to] = [directory(fd), directory(toFd)];
      method("rename-at", from.handle, memory.path(pointer, length), to.handle, memory.path(toPointer, toLength));
    },
    path_link(
      fd: number,
      flags: number,
      pointer: number,
      length: number,
      toFd: number,
      toPointer: number,
      toLength: number,
    ) {
      const [from, to] = [directory(fd), directory(toFd)];
      const path = memory.path(pointer, length);
      method("link-at", from.handle, follow(flags), path, to.handle, memory.path(toPointer, toLength));
    },

    poll_oneoff(input: number, output: number, count: number, result: number) {
      const total = count >>> 0;
      if (total === 0 || total > 256) fail("EINVAL");
      memory.reserve(input, total * 48);
      memory.reserve(output, total * 32);
      memory.reserve(result, 4);
      const waiting: { userdata: bigint; type: number; pollable: object }[] = [];
      const failed: { userdata: bigint; type: number; error: number }[] = [];
      for (let i = 0; i < total; i += 1) {
        const at = (input >>> 0) + i * 48;
        const [userdata, type] = [memory.u64(at), memory.u8(at + 8)];
        if (type > 2) fail("EINVAL");
        if (type === 0) {
          const clock = memory.u32(at + 16);
          let timeout = memory.u64(at + 24);
          if (clock > 1) failed.push({ userdata, type, error: errno.EINVAL });
          else {
            const absolute = (memory.u16(at + 40) & 1) !== 0;
            if (clock === 0 && absolute) {
              const wall = nanoseconds(call("wasi:clocks/wall-clock#now"));
              timeout = timeout > wall ? timeout - wall : 0n;
            }
            const kind = absolute && clock === 1 ? "subscribe-instant" : "subscribe-duration";
            waiting.push({
              userdata,
              type,
              pollable: call(`wasi:clocks/monotonic-clock#${kind}`, timeout) as object,
            });
          }
          continue;
        }
        const found = open[memory.u32(at + 16)];
        if (found === undefined || (found.kind === "descriptor" && found.type === "directory"))
          failed.push({ userdata, type, error: errno.EBADF });
        else if (found.kind === "stream" && (type === 1) !== (found.number === 0))
          failed.push({ userdata, type, error: errno.ENOTCAPABLE });
        else if (found.kind === "descriptor" && !(type === 1 ? found.read : found.write))
          failed.push({ userdata, type, error: errno.ENOTCAPABLE });
        else {
          const direction = type === 1 ? "input" : "output";
          const stream =
            found.kind === "stream"
              ? found.handle
              : (method(type === 1 ? "read-via-stream" : "write-via-stream", found.handle, found.position) as object);
          waiting.push({
            userdata,
            type,
            pollable: call(`wasi:io/streams#[method]${direction}-stream.subscribe`, stream) as object,
          });
          if (found.kind === "descriptor") drop("wasi:io/streams", `${direction}-stream`, stream);
        }
      }
      const events = [...failed];
      const pollables = waiting.map(({ pollable }) => pollable);
      if (pollables.length > 0 && (failed.length === 0 || pollables.length > 0)) {
        const ready =
          failed.length === 0
            ? (call("wasi:io/poll#poll", pollables) as number[])
            : pollables.flatMap((pollable, i) => (call("wasi:io/poll#[method]pollable.ready", pollable) ? [i] : []));
        for (const i of ready) events.push({ ...waiting[i]!, error: 0 });
      }
      events.forEach(({ userdata, error, type }, i) => {
        const at = (output >>> 0) + i * 32;
        memory.setU64(at, userdata);
        memory.setU16(at + 8, error);
        memory.setU16(at + 10, type);
        memory.setU32(at + 12, 0);
        memory.setU64(at + 16, 0n);
        memory.setU64(at + 24, 0n);
      });
      memory.setU32(result, events.length);
    },
  };

  return Object.fromEntries(
    Object.entries(functions).map(([name, act]) => [
      name,
      (...values: (number | bigint)[]) => {
        try {
          (act as (...values: (number | bigint)[]) => void)(...values);
          return 0;
        } catch (error) {
          if (error instanceof Errno) return error.number;
          if (error instanceof Fault) return errno[error.code];
          throw error;
        }
      },
    ]),
  );
}
