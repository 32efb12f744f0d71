/** Job: Python programs written in a test. Never: look inside. */
import type { CapsuleOptions } from "@capsule-run/host";
import { type Programs, programs } from "../support/programs.ts";

/** One host for the tests of a file. */
export const python = (options: CapsuleOptions = {}): Programs => programs("python", "main.py", options);

/** `body` as the function of a task `main`. */
export function task(body: string, options = "", parameters = "*args"): string {
  const lines = body
    .trim()
    .split("\n")
    .map((line) => `    ${line}`);
  return `from capsule import task\n\n@task(name="main"${options && `, ${options}`})\ndef main(${parameters}):\n${lines.join("\n")}\n`;
}
