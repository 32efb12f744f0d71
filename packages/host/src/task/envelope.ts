/** Job: the envelope, what every run answers with: its shape, and its JSON text. Never: how a run comes to it. */
import { type JsonValue, parseJson } from "../json.ts";

/** The closed list of error types. */
export type ErrorType =
  | "task_error"
  | "timeout"
  | "out_of_fuel"
  | "out_of_memory"
  | "wasm_error"
  | "permission_denied"
  | "invalid_config"
  | "build_error"
  | "cancelled"
  | "internal_error";

export interface HostRequest {
  readonly method: string;
  readonly url: string;
  readonly status: number | null;
  readonly duration_ms: number;
  readonly error?: string;
}

export interface TaskError {
  readonly error_type: ErrorType;
  readonly message: string;
}

export interface Execution {
  readonly task_name: string;
  readonly duration_ms: number;
  /** Attempts made after the first. */
  readonly retries: number;
  /** Of the last attempt, without sub-tasks; of one that was ended from outside, as of its last host call. */
  readonly fuel_consumed: bigint;
  /** Peak bytes of linear memory. */
  readonly ram_used: number;
  readonly engine: { readonly name: string; readonly version: string };
  readonly host_requests: readonly HostRequest[];
}

export interface Envelope {
  readonly success: boolean;
  /** The result as a value; integers beyond 2^53 are bigints. Null when the run failed. */
  readonly result: JsonValue;
  /** The guest's own JSON text of it, never re-serialised. */
  readonly resultText: string;
  readonly error: TaskError | null;
  readonly execution: Execution;
}

/** An envelope whose result is read from its text when somebody looks. */
export function makeEnvelope(resultText: string, error: TaskError | null, execution: Execution): Envelope {
  let result: JsonValue | undefined;
  return {
    success: error === null,
    get result() {
      result ??= parseJson(resultText);
      return result;
    },
    resultText,
    error,
    execution,
  };
}

/**
 * The envelope as one line of JSON, the guest's result text in it as it came.
 * @example
 * ```ts
 * console.log(envelopeText(await capsule.run("hello.py")));
 * ```
 */
export function envelopeText(envelope: Envelope): string {
  const { fuel_consumed, ...execution } = envelope.execution;
  const { task_name, duration_ms, retries, ...rest } = execution;
  const before = JSON.stringify({ task_name, duration_ms, retries }).slice(0, -1);
  const after = JSON.stringify(rest).slice(1);
  const error = JSON.stringify(envelope.error);
  // Between the tokens of a guest's text there may be line feeds, and what comes behind one would be a line of its own.
  const result = envelope.resultText.replace(/[\r\n]/g, " ");
  return `{"success":${envelope.success},"result":${result},"error":${error},"execution":${before},"fuel_consumed":${fuel_consumed},${after}}`;
}
