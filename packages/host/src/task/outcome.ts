/** Job: how a run ended → what its envelope says: error type and a message that says what to do. Never: decide how it ended (see worker/inside/verdict.ts). */
import type { Policy } from "../policy/policy.ts";
import { formatDuration, formatFuel, formatSize } from "../policy/quantities.ts";
import type { JobResult } from "../worker/pool.ts";
import type { ErrorType, TaskError } from "./envelope.ts";

export interface Outcome {
  /** JSON text; "null" beside an error. */
  readonly resultText: string;
  readonly error: TaskError | null;
}

/** `limits`: what the attempt had. */
export function outcomeOf(result: JobResult, limits: Pick<Policy, "fuel" | "memoryBytes" | "timeoutMs">): Outcome {
  const { ending } = result;
  switch (ending.kind) {
    case "returned":
      return { resultText: ending.value, error: null };
    case "exited":
      return ending.code === 0 ? nothing : failed("task_error", `exit status ${ending.code}`);
    case "raised": {
      if (ending.outOfMemory) return failed("out_of_memory", `${ending.message}\n${memoryAdvice(limits)}`);
      return failed(ending.denied === true ? "permission_denied" : "task_error", ending.message);
    }
    case "out_of_fuel":
      return failed(
        "out_of_fuel",
        `the task used up its compute of ${formatFuel(limits.fuel)}; give it more (compute)`,
      );
    case "out_of_memory":
      return failed("out_of_memory", `${ending.message}\n${memoryAdvice(limits)}`);
    case "trapped":
      return failed("wasm_error", ending.message);
    case "timeout":
      return failed(
        "timeout",
        `the task did not end within its timeout of ${formatDuration(limits.timeoutMs ?? 0)}; give it more time (timeout)`,
      );
    case "cancelled":
      return failed("cancelled", "the run was cancelled");
    case "failed":
      return failed(ending.code, ending.message);
  }
}

/** What another attempt may mend. */
export function mayRetry(error: TaskError): boolean {
  return error.error_type === "task_error" || error.error_type === "timeout" || error.error_type === "out_of_memory";
}

/** Doubles from 50 ms, at most 2 s: enough for what is transient, little beside a task. */
export function retryDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** attempt, 2000);
}

const nothing: Outcome = { resultText: "null", error: null };

export function failed(error_type: ErrorType, message: string): Outcome {
  return { resultText: "null", error: { error_type, message } };
}

function memoryAdvice({ memoryBytes }: Pick<Policy, "memoryBytes">): string {
  return `the task reached its memory limit of ${formatSize(memoryBytes)}; give it more (ram)`;
}
