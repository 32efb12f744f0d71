/**
 * Job: random preview1 calls: mostly sensible, sometimes absurd, all from one seed.
 * Never: know what they should answer.
 */
import { right } from "../../../packages/host/src/wasi/preview1/rights.ts";
import { allRights } from "../guest.ts";
import type { Choices } from "./random.ts";

/** A call, the bytes to put into memory before it, and where its answer depends on the volume (so that it is not compared). */
export interface Call {
  readonly name: string;
  readonly values: readonly (number | bigint)[];
  readonly puts: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  readonly blur: readonly { readonly at: number; readonly length: number }[];
}

const names = ["a", "b", "c", "d", "e", "f"];
/** Where paths, lists, data and results are put, when they are put sensibly. */
const place = { path: 1024, path2: 8192, list: 16_384, data: 32_768, result: 512 };
export const memoryPages = 4;
const memoryBytes = memoryPages * 65_536;

const encoder = new TextEncoder();

function path(choices: Choices): Uint8Array {
  if (choices.chance(2)) return Uint8Array.from({ length: choices.below(40) }, () => choices.u32() & 0xff);
  if (choices.chance(2))
    return encoder.encode(choices.one(["", "/", "\0", "a\0b", "n".repeat(300), "a/".repeat(200), "/etc/passwd"]));
  const segments = Array.from({ length: 1 + choices.below(4) }, () =>
    choices.chance(8)
      ? ".."
      : choices.chance(6)
        ? "."
        : choices.chance(5)
          ? choices.one(["ro", "tmp", "dev", "é"])
          : choices.one(names),
  );
  return encoder.encode(segments.join(choices.chance(3) ? "//" : "/") + (choices.chance(8) ? "/" : ""));
}

const rights = (choices: Choices): bigint =>
  choices.chance(50)
    ? allRights
    : choices.one([right.fdRead, right.fdWrite, right.fdRead | right.fdWrite | right.fdSeek, 0n, choices.u64()]);

const offset = (choices: Choices): bigint =>
  choices.chance(80)
    ? BigInt(choices.below(5000))
    : choices.one([0n, -1n, 1n << 40n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, -(1n << 63n), choices.u64()]);

/** `openFds`: how many numbers are likely in use. */
export function nextCall(choices: Choices, openFds: number): Call {
  const puts: { at: number; bytes: Uint8Array }[] = [];
  const blur: { at: number; length: number }[] = [];
  const fd = () => (choices.chance(96) ? choices.below(openFds + 2) : choices.u32() | 0);
  const directoryFd = () => (choices.chance(60) ? 3 : fd());
  const pointer = (sensible: number) =>
    choices.chance(97) ? sensible : choices.chance(50) ? choices.u32() | 0 : memoryBytes - choices.below(100);
  const put = (sensible: number, bytes: Uint8Array): [number, number] => {
    const at = pointer(sensible);
    if (at >= 0 && at + bytes.length <= memoryBytes) puts.push({ at, bytes });
    return [at, choices.chance(99) ? bytes.length : choices.u32() | 0];
  };
  const first = () => put(place.path, path(choices));
  const second = () => put(place.path2, path(choices));
  const result = () => pointer(place.result);
  const blurred = (length: number) => {
    const at = result();
    blur.push({ at, length });
    return at;
  };
  const flags = (known: number) => (choices.chance(95) ? choices.u32() & known : choices.u32() | 0);
  const list = (): [number, number] => {
    const count = choices.chance(97) ? 1 + choices.below(4) : choices.one([0, 1025, 0xffff, choices.u32() | 0]);
    const entries = new Uint32Array(2 * Math.min(Math.max(count, 0), 8));
    for (let i = 0; i < entries.length; i += 2) {
      entries[i] = choices.chance(98) ? place.data + choices.below(4096) : choices.u32();
      entries[i + 1] = choices.chance(98) ? choices.below(600) : choices.u32();
    }
    const [at] = put(place.list, new Uint8Array(entries.buffer));
    return [at, count];
  };
  const data = (): [number, number] => {
    puts.push({ at: place.data, bytes: Uint8Array.from({ length: 64 }, () => choices.u32() & 0xff) });
    return list();
  };
  /** The way to everything else is rarely thrown away. */
  const expendable = () => {
    const number = fd();
    return number === 3 && choices.chance(98) ? 4 : number;
  };

  const made: Record<string, () => (number | bigint)[]> = {
    path_open: () => [
      directoryFd(),
      flags(1),
      ...first(),
      choices.chance(50) ? choices.one([0, 1, 1, 2, 3, 5, 8, 9]) : flags(15),
      rights(choices),
      rights(choices),
      choices.chance(80) ? 0 : flags(31),
      result(),
    ],
    fd_close: () => [expendable()],
    fd_renumber: () => [expendable(), expendable()],
    fd_read: () => [fd(), ...list(), result()],
    fd_pread: () => [fd(), ...list(), offset(choices), result()],
    fd_write: () => [fd(), ...data(), result()],
    fd_pwrite: () => [fd(), ...data(), offset(choices), result()],
    fd_seek: () => [fd(), choices.chance(50) ? offset(choices) : -offset(choices), flags(3), result()],
    fd_tell: () => [fd(), result()],
    fd_sync: () => [fd()],
    fd_datasync: () => [fd()],
    fd_advise: () => [fd(), offset(choices), offset(choices), flags(7)],
    fd_allocate: () => [fd(), offset(choices), offset(choices)],
    fd_fdstat_get: () => [fd(), result()],
    fd_fdstat_set_flags: () => [fd(), flags(31)],
    fd_fdstat_set_rights: () => [expendable(), rights(choices), rights(choices)],
    fd_filestat_get: () => [fd(), blurred(64)],
    fd_filestat_set_size: () => [fd(), offset(choices)],
    fd_filestat_set_times: () => [fd(), 1_000_000_000n, 2_000_000_000n, flags(15)],
    fd_prestat_get: () => [fd(), result()],
    fd_prestat_dir_name: () => [fd(), result(), choices.below(20)],
    fd_readdir: () => {
      const at = pointer(place.data);
      const length = choices.chance(95) ? choices.below(2000) : choices.u32() | 0;
      const cookie = choices.chance(70) ? 0n : choices.chance(70) ? BigInt(choices.below(12)) : choices.u64();
      blur.push({ at, length: length >>> 0 });
      // From the middle on, how much fits depends on the order.
      return [fd(), at, length, cookie, cookie === 0n ? result() : blurred(4)];
    },
    path_create_directory: () => [directoryFd(), ...first()],
    path_remove_directory: () => [directoryFd(), ...first()],
    path_unlink_file: () => [directoryFd(), ...first()],
    path_symlink: () => [...first(), directoryFd(), ...second()],
    path_link: () => [directoryFd(), choices.chance(95) ? 0 : flags(1), ...first(), directoryFd(), ...second()],
    path_rename: () => [directoryFd(), ...first(), directoryFd(), ...second()],
    path_readlink: () => [directoryFd(), ...first(), pointer(place.data), choices.below(40), result()],
    path_filestat_get: () => [directoryFd(), flags(1), ...first(), blurred(64)],
    path_filestat_set_times: () => [directoryFd(), flags(1), ...first(), 1_000_000_000n, 2_000_000_000n, flags(15)],
    random_get: () => [pointer(place.data), choices.chance(95) ? choices.below(1000) : choices.u32() | 0],
    args_get: () => [pointer(place.list), pointer(place.data)],
    environ_get: () => [pointer(place.list), pointer(place.data)],
    clock_time_get: () => [flags(7), 0n, blurred(8)],
    clock_res_get: () => [flags(7), result()],
    poll_oneoff: () => {
      const count = choices.chance(95) ? 1 + choices.below(4) : choices.u32() | 0;
      const bytes = new Uint8Array(48 * Math.min(Math.max(count, 0), 8));
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < bytes.length; at += 48) {
        view.setBigUint64(at, choices.u64(), true);
        view.setUint8(at + 8, choices.below(choices.chance(95) ? 3 : 9));
        view.setUint32(at + 16, choices.below(6), true);
        view.setBigUint64(at + 24, BigInt(choices.below(1_000_000)), true);
      }
      // Virtual time moves with every stamp that a volume takes, so absolute deadlines would differ: none are made.
      const [at] = put(place.list, bytes);
      return [at, pointer(place.data), count, result()];
    },
    sock_shutdown: () => [fd(), 0],
    sock_recv: () => [fd(), ...list(), 0, result(), result()],
    sched_yield: () => [],
  };
  const heavy = [
    "path_open",
    "path_open",
    "fd_write",
    "fd_pwrite",
    "path_create_directory",
    "path_symlink",
    "path_rename",
    "path_link",
    "path_unlink_file",
  ];
  const name = choices.chance(55) ? choices.one(heavy) : choices.one(Object.keys(made));
  const values = made[name]!();
  return { name, values, puts, blur };
}
