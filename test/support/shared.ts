/**
 * Job: find the test data that does not live in the repository and unpack it into the cache folder, once.
 * Never: write into the repository, or stay silent when the data is missing.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir, platform } from "node:os";
import { join, resolve } from "node:path";

const repository = resolve(import.meta.dirname, "../..");

/** Where large test data is: the variable CAPSULE_SHARED, or the folder `shared` beside the checkout; null if neither exists. */
export function sharedFolder(): string | null {
  const candidates = [process.env["CAPSULE_SHARED"], join(repository, "..", "shared")];
  return candidates.find((folder) => folder !== undefined && existsSync(folder)) ?? null;
}

/** The cache folder of the tests, made if need be. */
export function cacheFolder(): string {
  const base =
    process.env["XDG_CACHE_HOME"] ??
    (platform() === "win32" ? process.env["LOCALAPPDATA"] : undefined) ??
    join(homedir(), ".cache");
  const folder = join(base, "capsule-test");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** One sentence for the output of a skipped test. */
export function missing(what: string): string {
  return `SKIPPED: ${what} is missing; set CAPSULE_SHARED to the folder that holds it, or put it into ../shared`;
}

/**
 * Unpacks `<shared>/<path>` (a .tar.gz) and returns the folder, or null, said aloud, where the archive is missing.
 * The folder's name holds the archive's hash, so a new archive is unpacked anew; the rename makes it appear whole.
 */
export function unpacked(path: string): string | null {
  const shared = sharedFolder();
  const archive = shared === null ? null : join(shared, path);
  if (archive === null || !existsSync(archive)) {
    console.warn(missing(path));
    return null;
  }
  const hash = createHash("sha256").update(readFileSync(archive)).digest("hex").slice(0, 16);
  const target = join(cacheFolder(), `${path.replaceAll(/[^a-z0-9]+/gi, "-")}-${hash}`);
  if (existsSync(target)) return target;
  const temporary = mkdtempSync(`${target}-`);
  execFileSync("tar", ["-xzf", archive, "-C", temporary]);
  try {
    renameSync(temporary, target);
  } catch (error) {
    // Another process was first: its copy is as good.
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}
