/**
 * Job: a guest without a program: preview1's functions called directly on a memory, as a module would call them, with the
 * results unpacked.
 * Never: forgive; every call answers the errno's name.
 */
import { type Denial, defaultQuotas, type KernelConfig, type Mount } from "../../packages/host/src/wasi/config.ts";
import { Kernel } from "../../packages/host/src/wasi/kernel.ts";
import type { Ledger } from "../../packages/host/src/wasi/ledger.ts";
import { errno } from "../../packages/host/src/wasi/preview1/abi.ts";
import type { Handles } from "../../packages/host/src/wasi/preview1/handles.ts";
import { GuestMemory } from "../../packages/host/src/wasi/preview1/memory.ts";
import { right } from "../../packages/host/src/wasi/preview1/rights.ts";
import { type Preview1, preview1 } from "../../packages/host/src/wasi/preview1.ts";
import { preview2 } from "../../packages/host/src/wasi/preview2.ts";
import type { KernelServices } from "../../packages/host/src/wasi/services.ts";
import { adapter } from "./preview2/adapter.ts";
import { noServices } from "./preview2/services.ts";

const names = new Map(Object.entries(errno).map(([name, number]) => [number, name]));
export const errnoName = (number: number): string => (number === 0 ? "OK" : (names.get(number) ?? `errno ${number}`));

export const allRights = Object.values(right).reduce((all, one) => all | one, 0n);
export const oflag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
export const fdflag = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;

export interface GuestOptions extends Partial<Omit<KernelConfig, "quotas">> {
  readonly quotas?: Partial<KernelConfig["quotas"]>;
  readonly stdin?: string;
  readonly services?: Partial<KernelServices>;
  readonly memoryPages?: number;
  /** Makes the kernel; attacks pass weakened ones. */
  readonly kernel?: (config: KernelConfig, services: KernelServices) => Kernel;
  readonly memoryPart?: (source: () => ArrayBuffer, ledger: Ledger) => GuestMemory;
  readonly handlesPart?: (kernel: Kernel) => Handles;
  /** Which front the calls go through; "preview2": by a test's own adapter on top of it. */
  readonly front?: Front;
}

export type Front = "preview1" | "preview2";

export interface OpenOptions {
  readonly lookup?: number;
  readonly oflags?: number;
  readonly base?: bigint;
  readonly inheriting?: bigint;
  readonly fdflags?: number;
}

export interface GuestStat {
  readonly device: bigint;
  readonly inode: bigint;
  readonly type: number;
  readonly links: bigint;
  readonly size: bigint;
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

/** Result of a call that has one besides the errno. */
export type Result<T> =
  | { readonly errno: "OK"; readonly value: T }
  | { readonly errno: string; readonly value?: undefined };

const scratch = 1024;
const buffer = 64 * 1024;

export class Guest {
  memory: WebAssembly.Memory;
  readonly kernel: Kernel;
  readonly calls: Preview1;
  readonly denials: Denial[] = [];
  stdout = "";
  stderr = "";
  slept = 0;
  exhausted = 0;

  constructor(options: GuestOptions = {}) {
    const { quotas, stdin, services, memoryPages, kernel, memoryPart, handlesPart, front, ...config } = options;
    this.memory = new WebAssembly.Memory({ initial: memoryPages ?? 16 });
    let input = new TextEncoder().encode(stdin ?? "");
    const full: KernelConfig = {
      args: [],
      env: [],
      mounts: [],
      preopens: ["/"],
      clock: { kind: "real" },
      random: { kind: "host" },
      ...config,
      quotas: { ...defaultQuotas, ...quotas },
    };
    const all: KernelServices = {
      output: (stream, bytes) => {
        const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
        if (stream === 1) this.stdout += text;
        else this.stderr += text;
      },
      input: (max) => {
        const part = input.slice(0, max);
        input = input.slice(part.length);
        return part;
      },
      sleep: (milliseconds) => {
        this.slept += milliseconds;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
      },
      denied: (denial) => this.denials.push(denial),
      devices: new Map(),
      exhaust: () => {
        this.exhausted += 1;
      },
      ...services,
    };
    this.kernel = kernel ? kernel(full, all) : new Kernel(full, all);
    const source = () => this.memory.buffer;
    const memory = memoryPart?.(source, this.kernel.ledger);
    this.calls =
      front === "preview2"
        ? adapter(preview2(this.kernel, noServices), memory ?? new GuestMemory(source, this.kernel.ledger))
        : preview1(this.kernel, source, {
            ...(memory && { memory }),
            ...(handlesPart && { handles: handlesPart(this.kernel) }),
          });
  }

  /** For a program that brings its own. */
  useMemory(memory: WebAssembly.Memory): void {
    this.memory = memory;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }
  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  call(name: string, ...values: (number | bigint)[]): string {
    return errnoName(this.calls[name]!(...values));
  }

  #result<T>(errnoText: string, value: () => T): Result<T> {
    return errnoText === "OK" ? { errno: "OK", value: value() } : { errno: errnoText };
  }

  /** Puts text at `at`; answers pointer and length. */
  text(text: string | Uint8Array, at = 4096): [number, number] {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    this.bytes.set(bytes, at);
    return [at, bytes.length];
  }

  open(path: string | Uint8Array, options: OpenOptions = {}, fd = 3): Result<number> {
    const {
      lookup = 1,
      oflags = 0,
      base = right.fdRead | right.fdSeek | right.fdTell | right.fdFilestatGet,
      fdflags = 0,
    } = options;
    const inheriting = options.inheriting ?? allRights;
    const code = this.call("path_open", fd, lookup, ...this.text(path), oflags, base, inheriting, fdflags, scratch);
    return this.#result(code, () => this.view.getUint32(scratch, true));
  }

  /** Opens for everything that the place allows. */
  openAll(path: string | Uint8Array, options: OpenOptions = {}, fd = 3): Result<number> {
    return this.open(path, { base: allRights, ...options }, fd);
  }

  openDirectory(path: string, options: OpenOptions = {}, fd = 3): Result<number> {
    return this.open(
      path,
      { oflags: oflag.directory, base: allRights & ~(right.fdRead | right.fdWrite), ...options },
      fd,
    );
  }

  read(fd: number, length = 4096): Result<string> {
    this.view.setUint32(scratch, buffer, true);
    this.view.setUint32(scratch + 4, length, true);
    const code = this.call("fd_read", fd, scratch, 1, scratch + 8);
    return this.#result(code, () =>
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        this.bytes.slice(buffer, buffer + this.view.getUint32(scratch + 8, true)),
      ),
    );
  }

  pread(fd: number, offset: bigint, length = 4096): Result<string> {
    this.view.setUint32(scratch, buffer, true);
    this.view.setUint32(scratch + 4, length, true);
    const code = this.call("fd_pread", fd, scratch, 1, offset, scratch + 8);
    return this.#result(code, () =>
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        this.bytes.slice(buffer, buffer + this.view.getUint32(scratch + 8, true)),
      ),
    );
  }

  write(fd: number, text: string): Result<number> {
    const [at, length] = this.text(text, buffer);
    this.view.setUint32(scratch, at, true);
    this.view.setUint32(scratch + 4, length, true);
    const code = this.call("fd_write", fd, scratch, 1, scratch + 8);
    return this.#result(code, () => this.view.getUint32(scratch + 8, true));
  }

  pwrite(fd: number, offset: bigint, text: string): Result<number> {
    const [at, length] = this.text(text, buffer);
    this.view.setUint32(scratch, at, true);
    this.view.setUint32(scratch + 4, length, true);
    const code = this.call("fd_pwrite", fd, scratch, 1, offset, scratch + 8);
    return this.#result(code, () => this.view.getUint32(scratch + 8, true));
  }

  seek(fd: number, offset: bigint, whence: 0 | 1 | 2): Result<bigint> {
    return this.#result(this.call("fd_seek", fd, offset, whence, scratch), () => this.view.getBigUint64(scratch, true));
  }

  close(fd: number): string {
    return this.call("fd_close", fd);
  }

  #stat(at: number): GuestStat {
    const view = this.view;
    return {
      device: view.getBigUint64(at, true),
      inode: view.getBigUint64(at + 8, true),
      type: view.getUint8(at + 16),
      links: view.getBigUint64(at + 24, true),
      size: view.getBigUint64(at + 32, true),
      atim: view.getBigUint64(at + 40, true),
      mtim: view.getBigUint64(at + 48, true),
      ctim: view.getBigUint64(at + 56, true),
    };
  }

  stat(path: string, follow = true, fd = 3): Result<GuestStat> {
    const code = this.call("path_filestat_get", fd, follow ? 1 : 0, ...this.text(path), scratch);
    return this.#result(code, () => this.#stat(scratch));
  }

  fstat(fd: number): Result<GuestStat> {
    return this.#result(this.call("fd_filestat_get", fd, scratch), () => this.#stat(scratch));
  }

  fdstat(fd: number): Result<{ type: number; flags: number; base: bigint; inheriting: bigint }> {
    return this.#result(this.call("fd_fdstat_get", fd, scratch), () => ({
      type: this.view.getUint8(scratch),
      flags: this.view.getUint16(scratch + 2, true),
      base: this.view.getBigUint64(scratch + 8, true),
      inheriting: this.view.getBigUint64(scratch + 16, true),
    }));
  }

  mkdir(path: string, fd = 3): string {
    return this.call("path_create_directory", fd, ...this.text(path));
  }
  rmdir(path: string, fd = 3): string {
    return this.call("path_remove_directory", fd, ...this.text(path));
  }
  unlink(path: string, fd = 3): string {
    return this.call("path_unlink_file", fd, ...this.text(path));
  }
  symlink(target: string | Uint8Array, path: string, fd = 3): string {
    return this.call("path_symlink", ...this.text(target), fd, ...this.text(path, 16384));
  }
  rename(path: string, to: string, fd = 3, toFd = fd): string {
    return this.call("path_rename", fd, ...this.text(path), toFd, ...this.text(to, 16384));
  }
  link(path: string, to: string, fd = 3, toFd = fd, lookup = 0): string {
    return this.call("path_link", fd, lookup, ...this.text(path), toFd, ...this.text(to, 16384));
  }
  readlink(path: string, length = 4096, fd = 3): Result<string> {
    const code = this.call("path_readlink", fd, ...this.text(path), buffer, length, scratch);
    return this.#result(code, () =>
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        this.bytes.slice(buffer, buffer + this.view.getUint32(scratch, true)),
      ),
    );
  }
  setTimes(path: string, atim: bigint, mtim: bigint, flags: number, follow = true, fd = 3): string {
    return this.call("path_filestat_set_times", fd, follow ? 1 : 0, ...this.text(path), atim, mtim, flags);
  }

  /** One fd_readdir; the names that fitted whole. */
  readdirOnce(fd: number, cookie = 0n, length = 4096): Result<{ entries: GuestEntry[]; used: number }> {
    const code = this.call("fd_readdir", fd, buffer, length, cookie, scratch);
    return this.#result(code, () => {
      const used = this.view.getUint32(scratch, true);
      const entries: GuestEntry[] = [];
      for (let at = 0; at + 24 <= used; ) {
        const size = this.view.getUint32(buffer + at + 16, true);
        if (at + 24 + size > used) break;
        entries.push({
          next: this.view.getBigUint64(buffer + at, true),
          inode: this.view.getBigUint64(buffer + at + 8, true),
          type: this.view.getUint8(buffer + at + 20),
          name: new TextDecoder("utf-8", { ignoreBOM: true }).decode(
            this.bytes.slice(buffer + at + 24, buffer + at + 24 + size),
          ),
        });
        at += 24 + size;
      }
      return { entries, used };
    });
  }

  /** The whole listing, as readdir(3) reads it. */
  readdir(fd: number, length = 4096): Result<GuestEntry[]> {
    const all: GuestEntry[] = [];
    for (let cookie = 0n; ; ) {
      const part = this.readdirOnce(fd, cookie, length);
      if (part.value === undefined) return part;
      all.push(...part.value.entries);
      const last = part.value.entries.at(-1);
      if (part.value.used < length || last === undefined) return { errno: "OK", value: all };
      cookie = last.next;
    }
  }

  names(path: string, fd = 3): string[] {
    const directory = this.openDirectory(path, {}, fd);
    if (directory.value === undefined) throw new Error(`${path}: ${directory.errno}`);
    const listing = this.readdir(directory.value);
    this.close(directory.value);
    if (listing.value === undefined) throw new Error(`${path}: ${listing.errno}`);
    return listing.value
      .map((entry) => entry.name)
      .filter((name) => name !== "." && name !== "..")
      .sort();
  }
}

export interface GuestEntry {
  readonly next: bigint;
  readonly inode: bigint;
  readonly type: number;
  readonly name: string;
}

export const directoryMount = (hostPath: string, mode: "ro" | "rw" = "rw", guestPath = "/"): Mount => ({
  kind: "directory",
  guestPath,
  hostPath,
  mode,
});
