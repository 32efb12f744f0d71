/** Job: read a command's input whole and write its output whole or not at all. Never: know what the bytes mean. */
import { randomBytes } from "node:crypto";
import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UsageError } from "./errors.ts";

/** One clear sentence about a failed system call on `path`. The host, which has the words, is loaded for it only. */
export async function fileProblem(verb: "read" | "write", path: string, error: unknown): Promise<UsageError> {
  const { reasonOf } = await import("@capsule-run/host");
  return new UsageError(`cannot ${verb} ${JSON.stringify(path)}: ${reasonOf(error)}`);
}

/** The bytes of `path`; `-` is standard input. */
export async function readInput(path: string): Promise<Uint8Array> {
  if (path !== "-")
    return readFile(path).catch(async (error: unknown) => Promise.reject(await fileProblem("read", path, error)));
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Whether both paths lead to the same file now. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one).catch(() => null), stat(other).catch(() => null)]);
  return a !== null && b !== null && a.dev === b.dev && a.ino === b.ino;
}

/** Writes beside the target and renames: a reader sees the old file or the new one, never a part. */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  try {
    // A symbolic link keeps pointing where it did; its target is what is written.
    const target = await realpath(path).catch(() => path);
    if ((await stat(target).catch(() => null))?.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
    const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      const file = await open(temporary, "wx", 0o666);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw await fileProblem("write", path, error);
  }
}
