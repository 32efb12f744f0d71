/** Job: the call of a task as a Python guest writes it, checked and put to the host. Never: choose rights: a call is a name and arguments. */
import type { Channel } from "./channel.ts";
import { isJsonText } from "./json-text.ts";
import { type Page, refused } from "./python-page.ts";

const mostNameLength = 200;

/** The payload: `{"name": text, "args": JSON text of an array, "kwargs": JSON text of an object}`. */
export function callTask(payload: Buffer, channel: Channel): Page {
  let said: unknown;
  try {
    said = JSON.parse(payload.toString("utf8"));
  } catch {
    return refused("invalid", "the call is not JSON");
  }
  if (typeof said !== "object" || said === null) return refused("invalid", "the call is no JSON object");
  const { name, args, kwargs } = said as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || name.length > mostNameLength) return refused("invalid", "the task's name is no text");
  if (!isTextOf(args, "[") || !isTextOf(kwargs, "{")) return refused("invalid", "the arguments are not JSON");
  const reply = channel.call({ kind: "task", name, args, kwargs });
  if (!reply.ok) return refused(reply.code, reply.message);
  return { head: {}, body: new TextEncoder().encode(reply.envelope) };
}

function isTextOf(value: unknown, opening: "[" | "{"): value is string {
  return typeof value === "string" && value.startsWith(opening) && isJsonText(value);
}
