/** Job: a file that somebody named, whole, bounded, and whatever it is without waiting. Never: know what is in it. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";

export interface ReadWholeOptions {
  /** The path as it was given, for errors. */
  readonly shown: string;
  readonly mostBytes: number;
  /** What to do where it is a folder. */
  readonly insteadOfFolder: string;
}

/** @throws CapsuleError `invalid_config` saying why it cannot be read */
export async function readWhole(path: string, options: ReadWholeOptions): Promise<Uint8Array> {
  const { shown, mostBytes, insteadOfFolder } = options;
  const refuse = (reason: string): never => {
    throw new CapsuleError("invalid_config", `cannot read ${quote(shown)}: ${reason}`);
  };
  try {
    // Opening a pipe would wait for a writer, and closing the process for the opening.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await file.stat();
      if (found.isDirectory()) return refuse(`this is a folder; ${insteadOfFolder}`);
      if (!found.isFile()) return refuse("this is no regular file");
      if (found.size > mostBytes) return refuse(`${found.size} bytes are more than ${mostBytes}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CapsuleError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    return refuse(code === "ENOENT" ? "there is no such file" : (code ?? String(error)));
  }
}
