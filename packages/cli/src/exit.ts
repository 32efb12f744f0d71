/** Job: the exit codes of the command (the table of README.md) and which one an envelope gets. Never: end the process. */
import type { Envelope, ErrorType } from "@capsule-run/host";

export const exitCodes = {
  success: 0,
  failed: 1,
  usage: 2,
  timeout: 124,
  exhausted: 125,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const codeOfError: Record<ErrorType, ExitCode> = {
  task_error: exitCodes.failed,
  permission_denied: exitCodes.failed,
  wasm_error: exitCodes.failed,
  internal_error: exitCodes.failed,
  invalid_config: exitCodes.usage,
  build_error: exitCodes.usage,
  timeout: exitCodes.timeout,
  out_of_fuel: exitCodes.exhausted,
  out_of_memory: exitCodes.exhausted,
  cancelled: exitCodes.interrupted,
};

export function exitCodeOf(envelope: Envelope): ExitCode {
  return envelope.error === null ? exitCodes.success : codeOfError[envelope.error.error_type];
}
