/**
 * Job: say how a run ended, from the host's own record first, and from what came out of the guest last.
 * Never: run anything.
 */
import { ComponentTrap } from "../../component/errors.ts";
import type { Ending } from "../protocol.ts";
import { MemoryTooSmall } from "./memory.ts";
import type { Meter } from "./meter.ts";
import type { Sandbox } from "./sandbox.ts";

/** What a driver came to: the JSON text of the result, or what it threw. */
export type Outcome =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "error"; readonly error: unknown };

/** Thrown by a driver that knows how the run ended. */
export class RunFailure extends Error {
  readonly ending: Ending;
  constructor(ending: Ending) {
    super(ending.kind);
    this.name = "RunFailure";
    this.ending = ending;
  }
}

/** `null` for the sandbox: it could not be made. */
export function verdict(sandbox: Sandbox | null, outcome: Outcome): Ending {
  const error = outcome.kind === "error" ? outcome.error : null;
  if (sandbox === null) return failure(error);
  const { record, meter } = sandbox;
  if (record.fault !== null) return isStackOverflow(record.fault) ? stackOverflow : failure(record.fault);
  if (record.heapFull) return { kind: "out_of_memory", message: "the program keeps too many exceptions alive" };
  if (meter.exhausted) return { kind: "out_of_fuel" };
  if (record.reported !== null) return record.reported;
  if (record.exitCode !== null) return { kind: "exited", code: record.exitCode };
  if (outcome.kind === "value") return { kind: "returned", value: outcome.value };
  if (isStackOverflow(error)) return stackOverflow;
  if (error instanceof WebAssembly.RuntimeError) return trapped(describeTrap(error), meter);
  if (error instanceof ComponentTrap) return trapped(error.message, meter);
  if (error instanceof WebAssembly.Exception) {
    return { kind: "trapped", message: "an exception of the program was not caught" };
  }
  return failure(error);
}

/** Whether a thread may serve another run: nothing broke off in the middle. */
export function leavesThreadClean(sandbox: Sandbox | null, outcome: Outcome, ending: Ending): boolean {
  if (sandbox === null || sandbox.record.fault !== null) return false;
  if (outcome.kind === "error" && outcome.error instanceof WebAssembly.RuntimeError) return false;
  return ending.kind === "returned" || ending.kind === "exited" || ending.kind === "raised";
}

function trapped(message: string, meter: Meter): Ending {
  const refused = meter.refused.value as number;
  if (refused === 0) return { kind: "trapped", message };
  const times = refused === 1 ? "a growth" : `${refused} growths`;
  return {
    kind: "out_of_memory",
    message: `${times} of memory refused by the limit, then the program failed: ${message}`,
  };
}

const stackOverflow: Ending = {
  kind: "trapped",
  message: "stack overflow: the program's calls are nested too deeply",
};

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}

function failure(error: unknown): Ending {
  if (error instanceof RunFailure) return error.ending;
  if (error instanceof MemoryTooSmall || error instanceof WebAssembly.LinkError) {
    return { kind: "failed", code: "invalid_config", message: error.message };
  }
  return {
    kind: "failed",
    code: "internal_error",
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  };
}

/** What happened and in which function; a name is the guest's word, so it is quoted. */
function describeTrap(error: WebAssembly.RuntimeError): string {
  const frame = /at (?:(.*?) )?\(?wasm:\/\/[^\n]*?wasm-function\[(\d+)\]:(0x[0-9a-f]+)/.exec(error.stack ?? "");
  if (frame === null) return error.message;
  const name = frame[1]?.split(".").at(-1);
  return `${error.message} (in function ${frame[2]}${name ? ` ${JSON.stringify(name.slice(0, 100))}` : ""})`;
}
