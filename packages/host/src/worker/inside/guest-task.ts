/** Job: the call of a task as a guest writes it, checked. Never: choose rights: a call is a name and arguments. */
import type { TaskCall } from "../protocol.ts";
import { isJsonText } from "./json-text.ts";

const mostNameLength = 200;
/** Name, arguments and named arguments are texts; "[],[],…" would be a gigabyte of arrays, which ends the process. */
const mostValues = 16;

/** The call, or what is wrong with it. The text: `{"name": text, "args": JSON text of an array, "kwargs": JSON text of an object}`. */
export function parseTaskCall(text: string): TaskCall | string {
  if (!isJsonText(text, mostValues)) return `the call is not JSON, or of more than ${mostValues} values`;
  const said: unknown = JSON.parse(text);
  if (typeof said !== "object" || said === null) return "the call is no JSON object";
  const { name, args, kwargs } = said as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || name.length > mostNameLength) return "the task's name is no text";
  if (!isTextOf(args, "[") || !isTextOf(kwargs, "{")) return "the arguments are not JSON";
  return { kind: "task", name, args, kwargs };
}

function isTextOf(value: unknown, opening: "[" | "{"): value is string {
  return typeof value === "string" && value.startsWith(opening) && isJsonText(value);
}
