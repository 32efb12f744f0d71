/** Job: `run()` of host programs: one call, one envelope with its values read. Never: print, or touch the process. */
import { Capsule, type Execution, envelopeText, type JsonValue, parseJson, type TaskError } from "@capsule-run/host";

export interface RunnerOptions {
  /** `.py`, `.ts`, `.js`, `.mjs`, `.wasm` or `.wat`, relative to `cwd`. */
  readonly file: string;
  /** Any JSON values; bigints beyond 2^53 too. */
  readonly args?: readonly unknown[];
  /** Folders of the project given to every task: `HOST[::GUEST][:ro|:rw]`. */
  readonly mounts?: readonly string[];
  /** The project: where `file` is relative to and where capsule.toml is looked up from. Default: the working directory. */
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** An envelope as plain data; integers beyond 2^53 are bigints. */
export interface RunnerEnvelope {
  readonly success: boolean;
  readonly result: JsonValue;
  readonly error: TaskError | null;
  readonly execution: Omit<Execution, "fuel_consumed"> & { readonly fuel_consumed: number | bigint };
}

/** One host for all calls of a process: its idle thread makes the next call fast, and keeps no process alive. */
let shared: Promise<Capsule> | undefined;

/**
 * Runs a program in a sandbox to its envelope. What the program did wrong, and what is wrong with its file or its
 * options, is in the envelope. What it prints is dropped; use `Capsule` of `@capsule-run/host` to have it.
 *
 * @throws TypeError for arguments that JSON cannot hold
 * @example
 * ```ts
 * import { run } from "@capsule-run/sdk/runner";
 *
 * const envelope = await run({ file: "hello.py", args: ["Ada"] });
 * if (envelope.success) console.log(envelope.result);
 * else console.error(envelope.error.error_type, envelope.error.message);
 * ```
 */
export async function run(options: RunnerOptions): Promise<RunnerEnvelope> {
  const { file, ...rest } = options;
  shared ??= Capsule.open();
  const capsule = await shared;
  return parseJson(envelopeText(await capsule.run(file, rest))) as unknown as RunnerEnvelope;
}
