/** Job: where benchmarks keep what they downloaded and built, and writing there so that two processes do not meet. Never: decide what. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "capsule-bench");

/** A folder of the cache, made by `make` in a temporary one and moved into place when it is complete. */
export function cachedFolder(name: string, make: (folder: string) => void): string {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder, { recursive: true });
  const making = mkdtempSync(join(cacheFolder, "making-"));
  try {
    make(making);
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // else another process was faster
  }
  return folder;
}

/** A file of the cache with known content: made anew when it is missing or not what `sha256` says. */
export function cachedFile(name: string, sha256: string | null, make: () => Uint8Array): Uint8Array {
  const path = join(cacheFolder, name);
  if (existsSync(path)) {
    const found = readFileSync(path);
    if (sha256 === null || hashOf(found) === sha256) return found;
  }
  const made = make();
  if (sha256 !== null && hashOf(made) !== sha256)
    throw new Error(`${name}: SHA-256 is ${hashOf(made)}, expected ${sha256}; see CONTRIBUTING.md on changed fixtures`);
  mkdirSync(join(path, ".."), { recursive: true });
  const written = `${path}.${process.pid}`;
  writeFileSync(written, made);
  renameSync(written, path);
  return made;
}

export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The path of a file of the cache. */
export const cachePath = (name: string): string => join(cacheFolder, name);
