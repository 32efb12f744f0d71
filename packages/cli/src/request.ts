/** Job: the options of `capsule run` as the host takes them. Never: run, or decide what a program may do. */

import { existsSync } from "node:fs";
import { extname, join, relative } from "node:path";
import {
  failer,
  loadProject,
  parseCompute,
  parseDuration,
  parseJson,
  parseSize,
  type RunOptions,
} from "@capsule-run/host";
import { UsageError } from "./errors.ts";
import { readInput } from "./files.ts";

export interface RunFlags {
  readonly file?: string | undefined;
  readonly args: readonly string[];
  readonly "args-file"?: string | undefined;
  readonly mount?: readonly string[] | undefined;
  readonly compute?: string | undefined;
  readonly ram?: string | undefined;
  readonly timeout?: string | undefined;
  readonly "allow-file"?: readonly string[] | undefined;
  readonly "allow-host"?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly invoke?: string | undefined;
}

export interface RunRequest {
  readonly file: string;
  readonly options: RunOptions;
}

export async function runRequest(flags: RunFlags): Promise<RunRequest> {
  const policy = policyOf(flags);
  return {
    file: flags.file ?? entrypoint(),
    options: {
      args: await argumentsOf(flags),
      ...(Object.keys(policy).length === 0 ? {} : { policy }),
      ...(flags.mount === undefined ? {} : { mounts: flags.mount }),
      ...(flags.invoke === undefined ? {} : { invoke: flags.invoke }),
    },
  };
}

/** Where FILE is left out, what is meant as its first argument stands in its place. */
export function refuseArgumentAsFile(file: string | undefined): void {
  if (file === undefined || extname(file) !== "" || existsSync(file)) return;
  const { workflow, root } = loadProject(process.cwd());
  if (workflow.entrypoint === null) return;
  const program = relative(process.cwd(), join(root, workflow.entrypoint));
  throw new UsageError(
    `there is no file ${JSON.stringify(file)}; with arguments the program is named, too: capsule run ${program} ${file}`,
  );
}

/** The program of the project that the working directory lies in. */
export function entrypoint(): string {
  const { workflow, root, file } = loadProject(process.cwd());
  if (workflow.entrypoint !== null) return join(root, workflow.entrypoint);
  throw new UsageError(
    file === null
      ? "no program: name a file, as in capsule run hello.py, or give the project a capsule.toml with [workflow] entrypoint"
      : `no program: name a file, or set [workflow] entrypoint in ${JSON.stringify(file)}`,
  );
}

/** What is not said is not there: the host's defaults stand in one place. */
function policyOf(flags: RunFlags): Record<string, unknown> {
  const read = <T>(
    flag: "compute" | "ram" | "timeout",
    parse: (value: unknown, fail: ReturnType<typeof failer>) => T,
  ) => (flags[flag] === undefined ? undefined : parse(flags[flag], failer(null, `--${flag}`, flags[flag])));
  const policy = {
    compute: read("compute", parseCompute),
    ram: read("ram", parseSize),
    timeout: read("timeout", parseDuration),
    allowed_files: flags["allow-file"],
    allowed_hosts: flags["allow-host"],
    env_variables: flags.env,
  };
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}

/** JSON text of an array. The text of --args-file goes on as it is: 1.0 stays 1.0, and no digit is lost. */
async function argumentsOf({ "args-file": path, args }: RunFlags): Promise<string> {
  const plain = args.map((arg) => JSON.stringify(arg)).join(",");
  if (path === undefined) return `[${plain}]`;
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readInput(path)).trim();
    value = parseJson(text);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${JSON.stringify(path)} is no JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(value))
    throw new UsageError(
      `${JSON.stringify(path)} holds no JSON array; the arguments of a program are one, such as ["a", 1]`,
    );
  return plain === "" ? text : `${text.slice(0, -1)}${value.length === 0 ? "" : ","}${plain}]`;
}
