/** Job: the shape of an envelope: what every run answers with. Never: how it is made. */

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

export interface Execution {
  readonly task_name: string;
  readonly duration_ms: number;
  /** Attempts made after the first. */
  readonly retries: number;
  /** Of the last attempt, without sub-tasks. */
  readonly fuel_consumed: bigint;
  /** Peak bytes of linear memory. */
  readonly ram_used: number;
  readonly engine: { readonly name: string; readonly version: string };
  readonly host_requests: readonly HostRequest[];
}

/** `resultText` is the guest's own JSON text, never re-serialised. */
export interface Envelope {
  readonly success: boolean;
  readonly resultText: string;
  readonly error: { readonly error_type: ErrorType; readonly message: string } | null;
  readonly execution: Execution;
}
