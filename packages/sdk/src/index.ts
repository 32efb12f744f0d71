/**
 * Job: `task` as programs import it, typed. In a sandbox the prelude's own takes its place; here, under plain Node, a
 * declaration is only a declaration.
 * Never: run a task's function on the host.
 */

/** What a task may do and use; what is left out is the project's `capsule.toml`, then the built-in default. */
export interface TaskOptions {
  /** Name of the task; `"main"` is where a program begins. */
  readonly name: string;
  /** Fuel: `"LOW"` 100,000,000 · `"MEDIUM"` 2,000,000,000 (default) · `"HIGH"` 50,000,000,000 · or a positive integer. */
  readonly compute?: "LOW" | "MEDIUM" | "HIGH" | number | bigint | (string & {});
  /** Memory with the engine's own: `"64MB"`, `"2GB"`, or bytes. */
  readonly ram?: string | number;
  /** `"500ms"`, `"30s"`, `"1m 30s"`, or milliseconds. */
  readonly timeout?: string | number;
  /** Attempts after the first. Default 0. */
  readonly maxRetries?: number;
  /** Folders of the project; a text means reading and writing. Default: none. */
  readonly allowedFiles?: readonly (
    | string
    | { readonly path: string; readonly mode?: "read-only" | "ro" | "read-write" | "rw" }
  )[];
  /** `"api.example.com"`, `"*.example.org"`, `"host:8443"`, or `"*"`. Default: none. */
  readonly allowedHosts?: readonly string[];
  /** Names of variables of the host's environment. Default: none. */
  readonly envVariables?: readonly string[];
}

/** How a task's own execution went. */
export interface TaskExecution {
  readonly task_name: string;
  readonly duration_ms: number;
  readonly retries: number;
  readonly fuel_consumed: number;
  readonly ram_used: number;
  readonly host_requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly status: number | null;
    readonly duration_ms: number;
    readonly error?: string;
  }[];
}

/** What a call of a task gives: its result as JSON carries it, or how it failed. */
export type TaskEnvelope<Result> =
  | { readonly success: true; readonly result: Result; readonly error: null; readonly execution: TaskExecution }
  | {
      readonly success: false;
      readonly result: null;
      readonly error: { readonly error_type: string; readonly message: string };
      readonly execution: TaskExecution;
    };

/** A declared task: a call runs its function in a sandbox of its own; a synchronous one blocks, an asynchronous one gives a promise. */
export type Task<Args extends readonly unknown[], Returned> = (
  ...args: Args
) => [Returned] extends [PromiseLike<infer Result>] ? Promise<TaskEnvelope<Result>> : TaskEnvelope<Returned>;

/**
 * Declares a task. Arguments and result travel as JSON between sandboxes.
 *
 * @param options limits and rights, read once, before anything runs
 * @param run the task's function; whether it is `async` decides how calls of it answer
 * @throws TypeError for a declaration without a name or a function
 * @example
 * ```ts
 * import { task } from "@capsule-run/sdk";
 *
 * const add = task({ name: "add", compute: "LOW" }, (a: number, b: number) => a + b);
 *
 * export const main = task({ name: "main" }, (n = 1) => {
 *   const sum = add(n, 2); // runs in its own sandbox
 *   return sum.success ? sum.result : 0;
 * });
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: parameters without a type are the program's own business
export function task<Args extends any[], Returned>(
  options: TaskOptions,
  run: (...args: Args) => Returned,
): Task<Args, Returned> {
  if (typeof options !== "object" || options === null || typeof options.name !== "string" || options.name === "")
    throw new TypeError('a task needs a name: task({ name: "…" }, function)');
  if (typeof run !== "function") throw new TypeError("task(options, function) takes the task's function second");
  return () => {
    throw new Error(
      `the task "${options.name}" was called outside a sandbox: start its program with \`capsule run\`, or with run() of @capsule-run/sdk/runner`,
    );
  };
}
