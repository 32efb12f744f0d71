/**
 * Job: what the bundler made, kept until anything changes that it read or might have found instead: an unchanged program
 * starts no bundler.
 * Never: be a bundler; keep what was made while its files were being written.
 *
 * An entry names every file that went in, with a stamp of its content, and every folder in which a name was or could have
 * been looked up (those of the files and all above them up to the project, with their `node_modules`), with the time of its
 * last change and its package.json.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Cache, cacheKey } from "../../cache.ts";
import type { SourceFile } from "../interface.ts";

export interface Bundle {
  readonly code: string;
  /** JSON. */
  readonly map: string;
}
/** A bundle, and the absolute paths of the files in it. */
export interface Made extends Bundle {
  readonly inputs: readonly string[];
}

interface Entry extends Bundle {
  readonly stamps: readonly (readonly [path: string, stamp: string])[];
}

/** Raised when the same files are bundled differently. */
const bundleVersion = "1";
/** What changed so shortly before is perhaps still being written; also the grain of file systems' clocks. */
const restMs = 20;

/** The bundle that is remembered for this very source, or that `make` makes. */
export async function remembered(
  source: SourceFile,
  folder: string,
  cache: Cache,
  make: () => Promise<Made>,
): Promise<Bundle> {
  const { version } = createRequire(import.meta.url)("esbuild/package.json") as { version: string };
  const key = cacheKey("javascript bundle", bundleVersion, version, folder, source.path, source.bytes);
  const found = await cache.read(key);
  if (found !== null) {
    const { stamps, ...bundle } = JSON.parse(Buffer.from(found).toString("utf8")) as Entry;
    if (stamps.every(([path, stamp]) => stampOf(path)?.text === stamp)) return bundle;
  }
  const began = Date.now();
  const { inputs, code, map } = await make();
  const stamps: [string, string][] = [];
  for (const path of [...inputs.filter((input) => input !== source.path), ...foldersOf(inputs, folder)]) {
    const stamp = stampOf(path);
    if (stamp === null || stamp.changedMs > began - restMs) return { code, map };
    stamps.push([path, stamp.text]);
  }
  await cache.write(key, Buffer.from(JSON.stringify({ stamps, code, map } satisfies Entry)));
  return { code, map };
}

function foldersOf(inputs: readonly string[], top: string): Set<string> {
  const folders = new Set<string>();
  for (const input of inputs)
    for (let at = dirname(input); at.startsWith(top) && !folders.has(at); at = dirname(at)) folders.add(at);
  for (const folder of [...folders].filter((path) => !isPackage(path))) {
    const modules = join(folder, "node_modules");
    try {
      // Where packages are links, they are links of these folders.
      for (const name of readdirSync(modules)) if (name.startsWith("@")) folders.add(join(modules, name));
      folders.add(modules);
    } catch {
      // There are none; the folder's own stamp tells when that changes.
    }
  }
  return folders;
}

const isPackage = (path: string) => /[/\\]node_modules([/\\]|$)/.test(path);

/** Null for what is not there. Packages are told by size and times, the project's own files by content. */
function stampOf(path: string): { readonly text: string; readonly changedMs: number } | null {
  try {
    const { size, mtimeNs, ctimeNs, ino, ctimeMs } = statSync(path, { bigint: true });
    const changedMs = Number(ctimeMs);
    const times = `${ino}:${mtimeNs}:${ctimeNs}`;
    if (statSync(path).isDirectory()) return { text: `${times}:${contentOf(join(path, "package.json"))}`, changedMs };
    return { text: isPackage(path) ? `${times}:${size}` : contentOf(path), changedMs };
  } catch {
    return null;
  }
}

function contentOf(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("base64");
  } catch {
    return "";
  }
}
