/** Job: Node's `fs` and `fs/promises` on the kernel: one table of synchronous functions, from which the others are made. Never: watch files; touch what is not granted (the kernel decides). */

import { Readable, Writable } from "readable-stream";
import { Buffer } from "./buffer.ts";
import { fileCall, handleCall, readCall, systemError, writeCall } from "./fs-calls.ts";
import { absolute, path } from "./path.ts";
import { setFolderChange } from "./process.ts";

type Bytes = Uint8Array;
type Encoded =
  | { readonly encoding?: string | null; readonly flag?: string; readonly mode?: number }
  | string
  | null
  | undefined;

const encodingOf = (options: Encoded): string | null =>
  typeof options === "string" ? options : (options?.encoding ?? null);
const flagOf = (options: Encoded, otherwise: string): string =>
  (typeof options === "object" && options?.flag) || otherwise;

const constants = {
  F_OK: 0,
  X_OK: 1,
  W_OK: 2,
  R_OK: 4,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 64,
  O_EXCL: 128,
  O_TRUNC: 512,
  O_APPEND: 1024,
  COPYFILE_EXCL: 1,
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFDIR: 0o040000,
  S_IFLNK: 0o120000,
};

interface RawStat {
  readonly type: string;
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
  readonly size: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}
const modes: Readonly<Record<string, number>> = {
  "regular-file": 0o100644,
  directory: 0o040755,
  "symbolic-link": 0o120777,
};

class Stats {
  readonly mode: number;
  readonly uid = 0;
  readonly gid = 0;
  readonly rdev = 0;
  readonly blksize = 4096;
  readonly blocks: number;
  readonly birthtimeMs: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;
  readonly #type: string;
  declare readonly size: number;
  declare readonly mtimeMs: number;
  constructor({ type, ...rest }: RawStat) {
    Object.assign(this, rest);
    this.#type = type;
    this.mode = modes[type] ?? 0;
    this.blocks = Math.ceil(rest.size / 512);
    this.birthtimeMs = rest.ctimeMs;
    this.atime = new Date(rest.atimeMs);
    this.mtime = new Date(rest.mtimeMs);
    this.ctime = new Date(rest.ctimeMs);
    this.birthtime = this.ctime;
  }
  isFile = () => this.#type === "regular-file";
  isDirectory = () => this.#type === "directory";
  isSymbolicLink = () => this.#type === "symbolic-link";
  isFIFO = () => false;
  isSocket = () => this.#type === "socket";
  isBlockDevice = () => false;
  isCharacterDevice = () => this.#type === "character-device";
}

class Dirent {
  readonly name: string;
  readonly parentPath: string;
  readonly #type: string;
  constructor(name: string, parentPath: string, type: string) {
    this.name = name;
    this.parentPath = parentPath;
    this.#type = type;
  }
  get path(): string {
    return this.parentPath;
  }
  isFile = () => this.#type === "regular-file";
  isDirectory = () => this.#type === "directory";
  isSymbolicLink = () => this.#type === "symbolic-link";
  isFIFO = () => false;
  isSocket = () => false;
  isBlockDevice = () => false;
  isCharacterDevice = () => false;
}

function howOf(flags: string | number): Record<string, boolean> {
  const how = (
    read: boolean,
    write: boolean,
    create: boolean,
    truncate: boolean,
    append: boolean,
    exclusive: boolean,
  ) => ({ read, write, create, truncate, append, exclusive });
  if (typeof flags === "number") {
    const access = flags & 3;
    return how(
      access !== 1,
      access !== 0,
      (flags & 64) !== 0,
      (flags & 512) !== 0,
      (flags & 1024) !== 0,
      (flags & 128) !== 0,
    );
  }
  const x = flags.includes("x");
  const plus = flags.includes("+");
  switch (flags.replace(/[x+s]/g, "")) {
    case "r":
      return how(true, plus, false, false, false, false);
    case "w":
      return how(plus, true, true, true, false, x);
    case "a":
      return how(plus, true, true, false, true, x);
  }
  throw Object.assign(new TypeError(`The argument 'flags' is invalid. Received '${flags}'`), {
    code: "ERR_INVALID_ARG_VALUE",
  });
}

const bytesFor = (data: unknown, encoding: string | null): Bytes => {
  if (typeof data === "string") return Buffer.from(data, (encoding ?? "utf8") as "utf8");
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  throw Object.assign(
    new TypeError(
      `The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${data === null ? "null" : typeof data}`,
    ),
    { code: "ERR_INVALID_ARG_TYPE" },
  );
};
const decoded = (bytes: Bytes, encoding: string | null): unknown => {
  const buffer = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  return encoding === null || encoding === "buffer" ? buffer : buffer.toString(encoding as "utf8");
};

const openSync = (file: unknown, flags: string | number = "r"): number =>
  Number(fileCall("open", "open", [absolute(file)], howOf(flags)));
const closeSync = (fd: number): void => void handleCall("close", "close", fd);

function withFile<T>(file: unknown, flags: string, use: (fd: number) => T): T {
  if (typeof file === "number") return use(file);
  const fd = openSync(file, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

const mostLinks = 40;
const piece = 4 * 1024 * 1024;

function readAll(fd: number): Bytes {
  const parts: Bytes[] = [];
  for (;;) {
    const part = readCall(fd, piece, null);
    if (part.length === 0) break;
    parts.push(part);
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
function readWhole(file: unknown, flags: string, encoding: string | null): unknown {
  try {
    return withFile(file, flags, (fd) => decoded(readAll(fd), encoding));
  } catch (error) {
    // Node opens a folder and fails to read it; the kernel opens none.
    if ((error as { code?: string }).code === "EISDIR") throw systemError("EISDIR", "read");
    throw error;
  }
}
function writeAll(fd: number, bytes: Bytes, position: number | null): void {
  for (let at = 0; at < bytes.length; ) {
    const written = writeCall(fd, bytes.subarray(at, at + piece), position === null ? null : position + at);
    if (written === 0) throw systemError("EDQUOT", "write");
    at += written;
  }
}

const statSync = (file: unknown, options?: { throwIfNoEntry?: boolean }): Stats | undefined =>
  statOf("stat", file, options);
const lstatSync = (file: unknown, options?: { throwIfNoEntry?: boolean }): Stats | undefined =>
  statOf("lstat", file, options);
function statOf(
  name: string,
  file: unknown,
  options?: { throwIfNoEntry?: boolean },
  syscall = name,
): Stats | undefined {
  try {
    return new Stats(JSON.parse(fileCall(name, syscall, [absolute(file)])) as RawStat);
  } catch (error) {
    if (options?.throwIfNoEntry === false && (error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}

function mkdirSync(folder: unknown, options?: { recursive?: boolean } | number): string | undefined {
  const target = absolute(folder);
  if (typeof options !== "object" || !options?.recursive) {
    fileCall("mkdir", "mkdir", [target]);
    return undefined;
  }
  let first: string | undefined;
  let at = "";
  for (const part of target.split("/").filter(Boolean)) {
    at += `/${part}`;
    const found = statSync(at, { throwIfNoEntry: false });
    if (found?.isDirectory()) continue;
    fileCall("mkdir", "mkdir", [at]);
    first ??= at;
  }
  return first;
}

type DirectoryOptions = { withFileTypes?: boolean; recursive?: boolean; encoding?: string } | string | null | undefined;
function readdirSync(folder: unknown, options?: DirectoryOptions): unknown[] {
  const root = absolute(folder);
  const { withFileTypes = false, recursive = false } = typeof options === "object" && options !== null ? options : {};
  const found: unknown[] = [];
  const visit = (at: string, prefix: string) => {
    const entries = JSON.parse(fileCall("readdir", "scandir", [at])) as [string, string][];
    for (const [name, type] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
      found.push(withFileTypes ? new Dirent(name, at, type) : prefix + name);
      if (recursive && type === "directory") visit(`${at === "/" ? "" : at}/${name}`, `${prefix}${name}/`);
    }
  };
  visit(root, "");
  return found;
}

function rmSync(target: unknown, options: { recursive?: boolean; force?: boolean } = {}): void {
  const at = absolute(target);
  const found = lstatSync(at, { throwIfNoEntry: false });
  if (!found) {
    if (options.force) return;
    throw systemError("ENOENT", "lstat", at);
  }
  if (!found.isDirectory()) return void fileCall("unlink", "unlink", [at]);
  if (!options.recursive)
    throw Object.assign(new Error(`Path is a directory: rm returned EISDIR (is a directory) ${at}`), {
      code: "ERR_FS_EISDIR",
    });
  for (const name of readdirSync(at) as string[]) rmSync(`${at}/${name}`, options);
  fileCall("rmdir", "rmdir", [at]);
}

function cpSync(from: unknown, to: unknown, options: { recursive?: boolean; force?: boolean } = {}): void {
  const [source, target] = [absolute(from), absolute(to)];
  const found = statSync(source)!;
  if (!found.isDirectory()) {
    copyFileSync(source, target);
    return;
  }
  if (!options.recursive)
    throw Object.assign(new Error(`Recursive option not enabled, cannot copy a directory: ${source}`), {
      code: "ERR_FS_EISDIR",
    });
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(source) as string[]) cpSync(`${source}/${name}`, `${target}/${name}`, options);
}

function copyFileSync(from: unknown, to: unknown, mode = 0): void {
  withFile(from, "r", (fd) => withFile(to, mode & 1 ? "wx" : "w", (out) => writeAll(out, readAll(fd), null)));
}

function realpathSync(file: unknown): string {
  let left = absolute(file).split("/").filter(Boolean);
  let at = "";
  for (let links = 0; left.length > 0; ) {
    const next = `${at}/${left[0]}`;
    left = left.slice(1);
    if (!statOf("lstat", next)!.isSymbolicLink()) {
      at = next;
      continue;
    }
    if (++links > mostLinks) throw systemError("ELOOP", "realpath", next);
    const target = path.resolve(at === "" ? "/" : at, fileCall("readlink", "readlink", [next])) as string;
    left = [...target.split("/").filter(Boolean), ...left];
    at = "";
  }
  return at === "" ? "/" : at;
}

const milliseconds = (time: unknown): number =>
  time instanceof Date ? time.getTime() : Math.round(Number(time) * 1000);
let temporary = 0;

/** Everything that Node has as `…Sync`. */
const sync = {
  accessSync: (file: unknown, mode = 0) => {
    const found = statOf("stat", file, undefined, "access")!;
    if (mode & 1 && !found.isDirectory()) throw systemError("EACCES", "access", absolute(file));
  },
  appendFileSync: (file: unknown, data: unknown, options?: Encoded) =>
    withFile(file, flagOf(options, "a"), (fd) => writeAll(fd, bytesFor(data, encodingOf(options)), null)),
  chmodSync: (file: unknown) => void statSync(file),
  chownSync: (file: unknown) => void statSync(file),
  closeSync,
  copyFileSync,
  cpSync,
  existsSync: (file: unknown): boolean => {
    try {
      return statSync(file) !== undefined;
    } catch {
      return false;
    }
  },
  fstatSync: (fd: number) => new Stats(JSON.parse(handleCall("fstat", "fstat", fd)) as RawStat),
  fsyncSync: (fd: number) => void handleCall("sync", "fsync", fd),
  fdatasyncSync: (fd: number) => void handleCall("sync", "fdatasync", fd),
  ftruncateSync: (fd: number, size = 0) => void handleCall("truncate", "ftruncate", fd, size),
  linkSync: (from: unknown, to: unknown) => void fileCall("link", "link", [absolute(from), absolute(to)]),
  lstatSync,
  mkdirSync,
  mkdtempSync: (prefix: string): string => {
    const name = `${absolute(prefix)}${prefix.endsWith("/") ? "/" : ""}${(++temporary).toString(36).padStart(2, "0")}${Math.floor(
      Math.random() * 36 ** 4,
    )
      .toString(36)
      .padStart(4, "0")}`;
    mkdirSync(name);
    return name;
  },
  openSync,
  readFileSync: (file: unknown, options?: Encoded) => readWhole(file, flagOf(options, "r"), encodingOf(options)),
  readSync: (
    fd: number,
    into: Bytes,
    offset: unknown = 0,
    length?: number | null,
    position: number | null = null,
  ): number => {
    const given =
      typeof offset === "object" && offset !== null
        ? (offset as { offset?: number; length?: number; position?: number | null })
        : { offset: offset as number, length, position };
    const from = given.offset ?? 0;
    const part = readCall(fd, given.length ?? into.byteLength - from, given.position ?? null);
    into.set(part, from);
    return part.length;
  },
  readdirSync,
  readlinkSync: (file: unknown) => fileCall("readlink", "readlink", [absolute(file)]),
  realpathSync,
  renameSync: (from: unknown, to: unknown) => void fileCall("rename", "rename", [absolute(from), absolute(to)]),
  rmSync,
  rmdirSync: (folder: unknown) => void fileCall("rmdir", "rmdir", [absolute(folder)]),
  statSync,
  symlinkSync: (target: unknown, at: unknown) =>
    void fileCall("symlink", "symlink", [`${target as string}`, absolute(at)]),
  truncateSync: (file: unknown, size = 0) =>
    withFile(file, "r+", (fd) => void handleCall("truncate", "ftruncate", fd, size)),
  unlinkSync: (file: unknown) => void fileCall("unlink", "unlink", [absolute(file)]),
  utimesSync: (file: unknown, accessed: unknown, modified: unknown) =>
    void fileCall("utimes", "utime", [absolute(file)], milliseconds(accessed), milliseconds(modified)),
  writeFileSync: (file: unknown, data: unknown, options?: Encoded) =>
    withFile(file, flagOf(options, "w"), (fd) => writeAll(fd, bytesFor(data, encodingOf(options)), null)),
  writeSync: (fd: number, data: unknown, offset?: unknown, length?: unknown, position?: number | null): number => {
    if (fd === 1 || fd === 2) {
      const stream = (
        globalThis as unknown as {
          process: { stdout: { write(chunk: unknown): void }; stderr: { write(chunk: unknown): void } };
        }
      ).process;
      (fd === 1 ? stream.stdout : stream.stderr).write(data);
      return typeof data === "string" ? Buffer.byteLength(data) : (data as Bytes).length;
    }
    if (typeof data === "string")
      return writeCall(fd, Buffer.from(data, (length as "utf8") ?? "utf8"), typeof offset === "number" ? offset : null);
    const bytes = bytesFor(data, null);
    const from = typeof offset === "number" ? offset : 0;
    return writeCall(
      fd,
      bytes.subarray(from, from + (typeof length === "number" ? length : bytes.length - from)),
      position ?? null,
    );
  },
};

type AnyFunction = (...args: never[]) => unknown;
const callbacks: Record<string, AnyFunction> = {};
const promised: Record<string, AnyFunction> = {};
for (const [name, call] of Object.entries(sync) as [string, (...args: unknown[]) => unknown][]) {
  const plain = name.slice(0, -"Sync".length);
  promised[plain] = async (...args: unknown[]) => call(...args);
  callbacks[plain] = (...args: unknown[]) => {
    const done = args.pop();
    if (typeof done !== "function")
      throw Object.assign(new TypeError('The "cb" argument must be of type function.'), {
        code: "ERR_INVALID_ARG_TYPE",
      });
    let answer: unknown[];
    try {
      answer = plain === "exists" ? [call(...args)] : [null, call(...args)];
    } catch (error) {
      answer = [error];
    }
    queueMicrotask(() => done(...answer));
  };
}

class FileHandle {
  readonly fd: number;
  constructor(fd: number) {
    this.fd = fd;
  }
  readFile = async (options?: Encoded) => sync.readFileSync(this.fd, options);
  writeFile = async (data: unknown, options?: Encoded) => sync.writeFileSync(this.fd, data, options);
  appendFile = async (data: unknown, options?: Encoded) => sync.appendFileSync(this.fd, data, options);
  read = async (into: Bytes, offset?: number, length?: number, position?: number | null) => ({
    bytesRead: sync.readSync(this.fd, into, offset, length, position),
    buffer: into,
  });
  write = async (data: unknown, ...rest: unknown[]) => ({
    bytesWritten: (sync.writeSync as (...args: unknown[]) => number)(this.fd, data, ...rest),
    buffer: data,
  });
  stat = async () => sync.fstatSync(this.fd);
  truncate = async (size?: number) => sync.ftruncateSync(this.fd, size);
  sync = async () => sync.fsyncSync(this.fd);
  close = async () => sync.closeSync(this.fd);
  [Symbol.asyncDispose] = () => this.close();
  async *readLines() {
    const lines = `${sync.readFileSync(this.fd, "utf8") as string}`.split(/\r?\n/);
    yield* lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  }
}

export const promises = {
  ...promised,
  open: async (file: unknown, flags?: string) => new FileHandle(openSync(file, flags)),
  constants,
};

function createReadStream(
  file: unknown,
  options: { start?: number; end?: number; highWaterMark?: number; encoding?: string } | string = {},
): unknown {
  const {
    start = 0,
    end = Number.POSITIVE_INFINITY,
    highWaterMark = 65_536,
    encoding,
  } = typeof options === "string" ? { encoding: options } : options;
  let fd: number | null = null;
  let at = start;
  return new Readable({
    highWaterMark,
    ...(encoding === undefined ? {} : { encoding }),
    construct(done: (error?: unknown) => void) {
      try {
        fd = openSync(file);
        done();
      } catch (error) {
        done(error);
      }
    },
    read(this: { push(chunk: unknown): void; destroy(error: unknown): void }) {
      try {
        const part = readCall(fd!, Math.min(highWaterMark, end - at + 1), at);
        at += part.length;
        this.push(part.length === 0 ? null : decoded(part, null));
      } catch (error) {
        this.destroy(error);
      }
    },
    destroy(error: unknown, done: (error: unknown) => void) {
      if (fd !== null) closeSync(fd);
      done(error);
    },
  });
}

function createWriteStream(file: unknown, options: { flags?: string; encoding?: string } | string = {}): unknown {
  const { flags = "w" } = typeof options === "string" ? {} : options;
  let fd: number | null = null;
  return new Writable({
    construct(done: (error?: unknown) => void) {
      try {
        fd = openSync(file, flags);
        done();
      } catch (error) {
        done(error);
      }
    },
    write(chunk: unknown, encoding: string, done: (error?: unknown) => void) {
      try {
        writeAll(fd!, bytesFor(chunk, encoding === "buffer" ? null : encoding), null);
        done();
      } catch (error) {
        done(error);
      }
    },
    destroy(error: unknown, done: (error: unknown) => void) {
      if (fd !== null) closeSync(fd);
      fd = null;
      done(error);
    },
  });
}

setFolderChange((to) => {
  const at = absolute(to);
  const code = statSync(at, { throwIfNoEntry: false })?.isDirectory();
  if (code !== true) throw systemError(code === undefined ? "ENOENT" : "ENOTDIR", "chdir", at);
  return at;
});

const absent = (name: string) => () => {
  throw new Error(`fs.${name} is not available in a sandbox`);
};

export const fs = {
  ...sync,
  ...callbacks,
  promises,
  constants,
  Stats,
  Dirent,
  createReadStream,
  createWriteStream,
  watch: absent("watch"),
  watchFile: absent("watchFile"),
  ...constants,
};
export { path };
