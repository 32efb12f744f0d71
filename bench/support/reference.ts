/**
 * Job: PyPI's capsule-run beside us, where CAPSULE_REFERENCE names its command (which has our command's name, and finds its SDK
 * through PATH).
 * Never: install it.
 */
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";

export interface Reference {
  /** Runs the command in `cwd`; what it printed. */
  readonly run: (args: readonly string[], cwd: string) => string;
}

/** Null where it is not named or does not answer. */
export function findReference(): Reference | null {
  const command = process.env["CAPSULE_REFERENCE"];
  if (command === undefined) return null;
  const env = { ...process.env, PATH: `${dirname(command)}:${process.env["PATH"]}` };
  if (spawnSync(command, ["--version"], { env }).status !== 0) return null;
  return { run: (args, cwd) => spawnSync(command, args, { cwd, env, encoding: "utf8" }).stdout };
}

export const absentReference =
  "skipped: the reference is not installed (the command of PyPI's capsule-run, named by CAPSULE_REFERENCE)";
