/** Job: hold a printed envelope against the contract, key by key. Never: use the code that made it. */
import { expect } from "vitest";

export interface PrintedEnvelope {
  readonly success: boolean;
  readonly result: unknown;
  readonly error: { readonly error_type: string; readonly message: string } | null;
  readonly execution: {
    readonly task_name: string;
    readonly duration_ms: number;
    readonly retries: number;
    readonly fuel_consumed: number;
    readonly ram_used: number;
    readonly engine: { readonly name: string; readonly version: string };
    readonly host_requests: readonly Readonly<Record<string, unknown>>[];
  };
}

const errorTypes = [
  "task_error",
  "timeout",
  "out_of_fuel",
  "out_of_memory",
  "wasm_error",
  "permission_denied",
  "invalid_config",
  "build_error",
  "cancelled",
  "internal_error",
];

const wholeNumber = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

/** Parses standard output of `--json`: one object, on one line, nothing else; and every key of the contract in it. */
export function envelope(stdout: string): PrintedEnvelope {
  expect(stdout.endsWith("\n"), "the envelope ends with a line feed").toBe(true);
  expect(stdout.trimEnd().includes("\n"), "the envelope is one line").toBe(false);
  const printed = JSON.parse(stdout) as PrintedEnvelope;
  expect(Object.keys(printed)).toEqual(["success", "result", "error", "execution"]);
  expect(printed.success).toBe(printed.error === null);
  if (printed.error !== null) {
    expect(Object.keys(printed.error)).toEqual(["error_type", "message"]);
    expect(errorTypes).toContain(printed.error.error_type);
    expect(printed.error.message).not.toBe("");
    expect(printed.result).toBe(null);
  }
  const { execution } = printed;
  expect(typeof execution.task_name).toBe("string");
  for (const key of ["duration_ms", "retries", "fuel_consumed", "ram_used"] as const)
    expect(wholeNumber(execution[key]), `execution.${key} is ${execution[key]}`).toBe(true);
  expect(typeof execution.engine.name).toBe("string");
  expect(typeof execution.engine.version).toBe("string");
  for (const request of execution.host_requests) {
    expect(typeof request["method"]).toBe("string");
    expect(typeof request["url"]).toBe("string");
    expect(request["status"] === null || wholeNumber(request["status"])).toBe(true);
  }
  return printed;
}
