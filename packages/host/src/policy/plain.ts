/** Job: options and limits as plain JSON in the words of the options, which parse back to the same. Never: what only a machine's operator grants (private addresses). */
import type { FileRequest } from "./files.ts";
import { formatHostRule } from "./hosts.ts";
import type { Limits } from "./limits.ts";
import type { PolicyOptions } from "./options.ts";
import { maxMemoryBytes } from "./quantities.ts";

/** A record that `parsePolicyOptions` reads. */
export interface PlainOptions {
  readonly compute?: string;
  readonly ram?: number;
  readonly timeout?: number;
  readonly max_retries?: number;
  readonly allowed_files?: readonly { readonly path: string; readonly mode: "ro" | "rw" }[];
  readonly allowed_hosts?: readonly string[];
  readonly env_variables?: readonly string[];
}

export function plainOptions(options: PolicyOptions): PlainOptions {
  const { fuel, memoryBytes, timeoutMs, maxRetries, files, hosts, env } = options;
  return {
    ...(fuel === undefined ? {} : { compute: fuel.toString() }),
    ...(memoryBytes === undefined ? {} : { ram: memoryBytes }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(maxRetries === undefined ? {} : { max_retries: maxRetries }),
    ...(files === undefined ? {} : { allowed_files: files.map(({ path, mode }: FileRequest) => ({ path, mode })) }),
    ...(hosts === undefined ? {} : { allowed_hosts: hosts.map(formatHostRule) }),
    ...(env === undefined ? {} : { env_variables: env }),
  };
}

/** A record that `parseLimits` reads. */
export function plainLimits({ task, run }: Limits): PlainOptions & Readonly<Record<string, unknown>> {
  const { totalFuel, liveMemoryBytes, tasks, liveTasks, depth } = run;
  return {
    ...plainOptions(task),
    ...(totalFuel === undefined ? {} : { total_compute: totalFuel.toString() }),
    // Above what one memory can be, it is a whole number of gigabytes.
    ...(liveMemoryBytes === undefined
      ? {}
      : { live_ram: liveMemoryBytes > maxMemoryBytes ? `${liveMemoryBytes / 1024 ** 3}GB` : liveMemoryBytes }),
    ...(tasks === undefined ? {} : { max_tasks: tasks }),
    ...(liveTasks === undefined ? {} : { max_live_tasks: liveTasks }),
    ...(depth === undefined ? {} : { max_depth: depth }),
  };
}
