/** Job: a file that somebody named, whole, bounded, and whatever it is without waiting. Never: know what is in it. */
import { closeSync, constants, fstatSync, openSync, readFile, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { CapsuleError, reasonOf } from "../errors.ts";
import { quote } from "../policy/problem.ts";

/**
 * Of a size that is read at once: four turns through the system's threads were 0.4 ms of a warm call, and the file of most
 * programs is read in 0.03.
 */
const mostAtOnce = 1024 * 1024;

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
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = fstatSync(file);
      if (found.isDirectory()) return refuse(`this is a folder; ${insteadOfFolder}`);
      if (!found.isFile()) return refuse("this is no regular file");
      if (found.size > mostBytes) return refuse(`${found.size} bytes are more than ${mostBytes}`);
      return found.size <= mostAtOnce ? readFileSync(file) : await promisify(readFile)(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof CapsuleError) throw error;
    return refuse(reasonOf(error));
  }
}
