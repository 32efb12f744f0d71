/** Job: the entries of a directory of the host, bounded, as the guest can name them. Never: follow anything. */
import { type Dirent, opendirSync } from "node:fs";
import { Fault } from "../../fault.ts";
import type { DirectoryEntry, FileType } from "../../node.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Names and link targets are bytes to Linux and text to WASI: what is not UTF-8 cannot be said. */
export function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault("EILSEQ");
  }
}

function typeOf(entry: Dirent): FileType {
  if (entry.isFile()) return "regular-file";
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "symbolic-link";
  if (entry.isCharacterDevice()) return "character-device";
  if (entry.isBlockDevice()) return "block-device";
  return entry.isSocket() ? "socket" : "unknown";
}

/** One at a time, since a directory may have millions. */
function* read(path: string, encoding: "utf8" | "buffer", limit: number): Generator<Dirent> {
  // The types of node:fs know no "buffer" here; then each name is a Buffer.
  const listing = opendirSync(path, { encoding: encoding as "utf8", bufferSize: 256 });
  try {
    let count = 0;
    for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
      count += 1;
      if (count > limit) throw new Fault("ENOMEM");
      yield entry;
    }
  } finally {
    listing.closeSync();
  }
}

/** Where a name is not UTF-8 (or holds U+FFFD itself), only what the guest could also open is listed. */
function exactly(path: string, limit: number): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (const entry of read(path, "buffer", limit)) {
    try {
      entries.push({ name: decoded(entry.name as unknown as Uint8Array), type: typeOf(entry) });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }
  return entries;
}

/** All but `.` and `..`; more than `limit` is ENOMEM. */
export function list(path: string, limit: number): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (const entry of read(path, "utf8", limit)) {
    if (entry.name.includes("\uFFFD")) return exactly(path, limit);
    entries.push({ name: entry.name, type: typeOf(entry) });
  }
  return entries;
}
