/** Job: turn what went wrong into one clear sentence and an exit code. Never: print it. */
import { type ExitCode, exitCodes } from "./exit.ts";

/** The command was called in a way that cannot be carried out. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Complaint {
  readonly sentence: string;
  readonly exitCode: ExitCode;
}

/**
 * Errors with a `code` of our own packages carry a sentence already. Anything else is our fault, and says so with its
 * stack, which a bug report needs.
 */
export function complaintOf(error: unknown): Complaint {
  if (error instanceof UsageError) return { sentence: error.message, exitCode: exitCodes.usage };
  if (error instanceof Error && (error.name === "InstrumentError" || error.name === "CapsuleError")) {
    const code = (error as Error & { code: string }).code;
    return { sentence: error.message, exitCode: exitOf(code) };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { sentence: `internal error, please report it: ${stack}`, exitCode: exitCodes.failed };
}

function exitOf(code: string): ExitCode {
  if (code === "internal_error") return exitCodes.failed;
  return code === "cancelled" ? exitCodes.interrupted : exitCodes.usage;
}
