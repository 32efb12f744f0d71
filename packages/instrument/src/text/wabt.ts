/** Job: load wabt once, and say in our own terms what its errors mean. Never: decide what text is good. */
import type wabtFactory from "wabt";
import { InstrumentError } from "../errors.ts";

export type Wabt = Awaited<ReturnType<typeof wabtFactory>>;

let loading: Promise<Wabt> | undefined;

/** wabt is a megabyte of JavaScript: it is loaded by the first caller who needs it, not by the import of this entry. */
export function loadWabt(): Promise<Wabt> {
  loading ??= import("wabt").then((module) => module.default());
  return loading;
}

/** Every proposal that wabt knows, except threads, which Capsule refuses anyway. */
export const features = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  function_references: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  gc: true,
  memory64: true,
  multi_memory: true,
  extended_const: true,
  relaxed_simd: true,
};

/**
 * wabt reports `parseWat failed:\nNAME:LINE:COLUMN: error: WHAT\nSOURCE\n  ^^^\n…`, one such group for each error; the
 * first is the one to repair, so it is the one we repeat.
 */
export function wabtError(error: unknown, name: string): InstrumentError {
  const text = error instanceof Error ? error.message : String(error);
  const where = /:(\d+):(\d+): error: (.*)/.exec(text);
  if (where) return new InstrumentError("malformed", `${name}: line ${where[1]}, column ${where[2]}: ${where[3]}`);
  const offset = /^([0-9a-f]{7,}): error: (.*)/m.exec(text);
  if (offset) return new InstrumentError("malformed", `${name}: ${offset[2]}`, Number.parseInt(offset[1]!, 16));
  return new InstrumentError("malformed", `${name}: ${text.replace(/^\w+ failed:\s*/, "").trim() || "unreadable"}`);
}
