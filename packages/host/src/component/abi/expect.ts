/** Job: take values that the host gives for what their type says, or say what is wrong. Never: convert what does not fit. */
import { ComponentValueError } from "../errors.ts";
import type { ComponentValue, RecordValue } from "../value.ts";

export function mismatch(wanted: string, value: unknown): never {
  throw new ComponentValueError(`${wanted} is wanted, not ${show(value)}`);
}

export function integer(value: ComponentValue, least: number, most: number, type: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  return mismatch(`${type} (an integer from ${least} to ${most})`, value);
}

export function bigint(value: ComponentValue, least: bigint, most: bigint, type: string): bigint {
  if (typeof value === "bigint" && value >= least && value <= most) return value;
  return mismatch(`${type} (a bigint from ${least} to ${most})`, value);
}

export function float(value: ComponentValue, type: string): number {
  return typeof value === "number" ? value : mismatch(`${type} (a number)`, value);
}

export function object(value: ComponentValue, type: string): RecordValue {
  if (typeof value === "object" && value !== null) return value as RecordValue;
  return mismatch(`${type} (an object)`, value);
}

export function array(value: ComponentValue, length: number | null, type: string): ArrayLike<ComponentValue> {
  if ((Array.isArray(value) || ArrayBuffer.isView(value)) && !(value instanceof DataView)) {
    const list = value as unknown as ArrayLike<ComponentValue>;
    if (length === null || list.length === length) return list;
    throw new ComponentValueError(`${type} of ${length} values is wanted, not of ${list.length}`);
  }
  return mismatch(`${type} (an array)`, value);
}

/** Of a guest, perhaps: nothing in it moves a terminal's cursor or turns the line around. */
function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short).replaceAll(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "?");
}

/** Short, and quoted. */
export function show(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return `an object with ${JSON.stringify(Object.keys(value).slice(0, 6))}`;
}
