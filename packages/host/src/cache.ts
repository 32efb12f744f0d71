/**
 * Job: a folder of finished things (metered modules, images) by the hash of what they were made from. An entry is whole
 * and unchanged or it is not there, whatever races, kills or flips bits.
 * Never: hold policy, secrets or results of tasks; be trusted: every read is checked.
 *
 * An entry is one file, `<folder>/<2 hex>/<key>`: a magic word, the SHA-256 of the payload, the payload. It is written
 * beside its place, synced and renamed: two processes that make the same entry both succeed, and the last rename wins with
 * equal bytes. A temporary file that a killed process left is removed by a later one once it is old. What was used longest ago
 * goes when there is no room: every program that a model writes may leave an entry.
 */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { CapsuleError } from "./errors.ts";

const magic = Buffer.from("capsule cache 1\n", "latin1");
const hashBytes = 32;
/** A writer that lives has renamed its file long before. */
const staleMs = 60 * 60 * 1000;
/** An entry's time says when it was used, this exactly. */
const usedMs = 24 * 60 * 60 * 1000;
const standardMaxBytes = 4 * 1024 ** 3;
/** How much of the room is left in use when it was exceeded; how much is written until this is looked at again. */
const keptShare = 3 / 4;
const sweepShare = 1 / 16;

export interface CacheOptions {
  /** Absolute folder. Default: `$XDG_CACHE_HOME/capsule`, else `~/.cache/capsule`. */
  readonly folder?: string;
  /** Room for all entries in bytes; what was used longest ago goes first. Default: 4 GiB. */
  readonly maxBytes?: number;
}

/** Where the cache lies when nothing else is said. */
export function defaultCacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env["XDG_CACHE_HOME"];
  // The XDG specification: a relative path is invalid and to be ignored.
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "capsule");
}

/**
 * The key of what is made from `parts`: an input's bytes, the options as text, the version of the maker. Parts are
 * length-prefixed, so that no two different lists are one.
 */
export function cacheKey(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    hash.update(`${bytes.byteLength}:`).update(bytes);
  }
  return hash.digest("hex");
}

export class Cache {
  readonly folder: string;
  readonly #maxBytes: number;
  /** Written since the folder was last swept. */
  #written = Number.POSITIVE_INFINITY;
  /** What this process is making now: a second asker waits instead of making it again. */
  readonly #making = new Map<string, Promise<Uint8Array>>();

  /** @throws CapsuleError `usage` for a folder that is not absolute, or no number of bytes */
  constructor(options: CacheOptions = {}) {
    this.folder = options.folder ?? defaultCacheFolder(process.env);
    if (!isAbsolute(this.folder)) {
      throw new CapsuleError(
        "usage",
        `the cache folder is ${JSON.stringify(this.folder)}; it takes an absolute path (from HOME or XDG_CACHE_HOME, where none is given)`,
      );
    }
    this.#maxBytes = options.maxBytes ?? standardMaxBytes;
    if (!Number.isSafeInteger(this.#maxBytes) || this.#maxBytes < 0) {
      const given = String(options.maxBytes);
      throw new CapsuleError("usage", `the cache's maxBytes is ${given}; it takes a whole number of bytes, 0 or more`);
    }
  }

  /** The payload of a whole, unchanged entry; null otherwise. A damaged entry is removed. */
  async read(key: string): Promise<Uint8Array | null> {
    const path = this.#path(key);
    try {
      return await this.#checked(path, await readFile(path));
    } catch {
      return null; // not there, or not readable: it is made again
    }
  }

  /**
   * As `read`, into memory that threads share: what is large and has somebody wait for it. At once, because it is in the system's
   * memory already and its parts take longer through a pool of threads: 10 beside 25 ms for 23 MB.
   */
  async readShared(key: string): Promise<Uint8Array<SharedArrayBuffer> | null> {
    const path = this.#path(key);
    let file: number | null = null;
    try {
      file = openSync(path, "r");
      const bytes = new Uint8Array(new SharedArrayBuffer(fstatSync(file).size));
      for (let at = 0; at < bytes.length; ) {
        const read = readSync(file, bytes, at, bytes.length - at, at);
        if (read === 0) return null;
        at += read;
      }
      return await this.#checked(path, bytes);
    } catch {
      return null;
    } finally {
      if (file !== null) closeSync(file);
    }
  }

  async #checked<Bytes extends Uint8Array>(path: string, bytes: Bytes): Promise<Bytes | null> {
    const at = magic.length + hashBytes;
    const payload = bytes.subarray(at) as Bytes;
    const isWhole = bytes.length >= at && magic.equals(bytes.subarray(0, magic.length));
    if (isWhole && sha256(payload).equals(bytes.subarray(magic.length, at))) {
      void markUsed(path);
      return payload;
    }
    await rm(path, { force: true }).catch(() => undefined);
    return null;
  }

  /** Stores a payload; false when the folder cannot be written (read-only home, full disk): the caller goes on without. */
  async write(key: string, payload: Uint8Array): Promise<boolean> {
    const path = this.#path(key);
    const temporary = `${path}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await this.#sweep(payload.byteLength);
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(Buffer.concat([magic, sha256(payload)]));
        await file.writeFile(payload);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      return true;
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
      return false;
    }
  }

  /**
   * Reads the entry, or makes and stores it. `make` runs once at a time for a key in this process.
   * @param shared read as by `readShared`; what was just made is as it was made
   */
  async get(key: string, make: () => Promise<Uint8Array>, shared = false): Promise<Uint8Array> {
    const making = this.#making.get(key);
    if (making !== undefined) return making;
    const made = (async () => {
      const found = await (shared ? this.readShared(key) : this.read(key));
      if (found !== null) return found;
      const payload = await make();
      await this.write(key, payload);
      return payload;
    })();
    this.#making.set(key, made);
    try {
      return await made;
    } finally {
      this.#making.delete(key);
    }
  }

  #path(key: string): string {
    if (!/^[0-9a-f]{64}$/.test(key)) throw new TypeError(`a cache key is 64 hex digits, not ${JSON.stringify(key)}`);
    return join(this.folder, key.slice(0, 2), key);
  }

  /** Removes what killed processes left, and what was used longest ago where there is no room for `coming` bytes more. */
  async #sweep(coming: number): Promise<void> {
    this.#written += coming;
    if (this.#written < this.#maxBytes * sweepShare) return;
    this.#written = 0;
    const old = Date.now() - staleMs;
    const entries: { readonly path: string; readonly size: number; readonly used: number }[] = [];
    let total = coming;
    for (const prefix of await readdir(this.folder)) {
      if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
      for (const name of await readdir(join(this.folder, prefix)).catch(() => [])) {
        const path = join(this.folder, prefix, name);
        const found = await stat(path).catch(() => null);
        if (found === null) continue;
        if (!name.endsWith(".tmp")) {
          entries.push({ path, size: found.size, used: found.mtimeMs });
          total += found.size;
        } else if (found.mtimeMs < old) await rm(path, { force: true }).catch(() => undefined);
      }
    }
    if (total <= this.#maxBytes) return;
    entries.sort((one, other) => one.used - other.used);
    for (const { path, size } of entries) {
      if (total <= this.#maxBytes * keptShare) break;
      await rm(path, { force: true }).catch(() => undefined);
      total -= size;
    }
  }
}

/** Nobody waits for it: a folder that cannot be written keeps its times. */
async function markUsed(path: string): Promise<void> {
  try {
    const now = Date.now();
    if ((await stat(path)).mtimeMs < now - usedMs) await utimes(path, now / 1000, now / 1000);
  } catch {}
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
