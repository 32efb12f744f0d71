/** Job: the files of the guest's `capsule` package, as a library that is shared with the workers. Never: change them. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Mount } from "../../wasi/config.ts";

export interface LibraryMount extends Omit<Extract<Mount, { kind: "library" }>, "files"> {
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Where it is mounted; the boot puts this on Python's path. */
export const packagePath = "/.capsule/python";

let remembered: LibraryMount | null = null;

/** Read once in a process. */
export function guestPackage(): LibraryMount {
  remembered ??= readGuestPackage();
  return remembered;
}

function readGuestPackage(): LibraryMount {
  const folder = packageFolder();
  const files = new Map<string, Uint8Array>();
  for (const name of readdirSync(folder).sort())
    if (name.endsWith(".py")) files.set(`capsule/${name}`, shared(readFileSync(join(folder, name))));
  return { kind: "library", guestPath: packagePath, files };
}

/** A copy that is posted to a worker without being copied again. */
export function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  return copy;
}

function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("@capsule-run/sdk/python/capsule/__init__.py"));
}
