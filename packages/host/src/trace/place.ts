/**
 * Job: where a project's trace lies: `.capsule/trace.db`, the folder made when the first run is recorded.
 * Never: follow a link there: what is in a project may have been put there by a guest that may write to it.
 */
import { lstatSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CapsuleError } from "../errors.ts";

export const traceFile = (root: string): string => join(root, ".capsule", "trace.db");

/** Whether everybody on this machine may write to the folder, as to /tmp. */
export const isOpenToAll = (root: string): boolean =>
  process.platform !== "win32" && (statSync(root).mode & 0o002) !== 0;

/**
 * Makes the folder where it is not there. A folder that everybody may write to (/tmp) and that is no project gets none:
 * what lies there is a stranger's, or would be.
 * @returns null where nothing is to be recorded
 * @throws CapsuleError `usage` where something else is in its place
 */
export function preparePlace(root: string, isProject: boolean): string | null {
  const folder = join(root, ".capsule");
  if (!isProject && isOpenToAll(root)) return null;
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) {
    mkdirSync(folder, { mode: 0o700, recursive: true });
    // What happened on one machine belongs into nobody's repository. Two processes may be here at once: the same bytes.
    writeFileSync(join(folder, ".gitignore"), "*\n");
  } else if (!found.isDirectory()) {
    throw new CapsuleError("usage", `${JSON.stringify(folder)} is no folder; move it away`);
  }
  const file = traceFile(root);
  for (const part of [file, `${file}-wal`, `${file}-shm`]) {
    const there = lstatSync(part, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile())
      throw new CapsuleError("usage", `${JSON.stringify(part)} is no regular file; move it away`);
  }
  return file;
}

/** A damaged database makes way for a new one, and is kept. */
export function moveAside(file: string): string {
  const aside = `${file}.damaged-${Date.now()}`;
  renameSync(file, aside);
  for (const part of ["-wal", "-shm"]) {
    try {
      renameSync(`${file}${part}`, `${aside}${part}`);
    } catch {
      // it had none
    }
  }
  return aside;
}
