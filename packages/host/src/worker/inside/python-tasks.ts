/** Job: put a Python guest's call of a task to the host; the answer as the guest reads it. Never: choose rights. */
import type { Channel } from "./channel.ts";
import { parseTaskCall } from "./guest-task.ts";
import { type Page, refused } from "./python-page.ts";

export function callTask(payload: Buffer, channel: Channel): Page {
  const call = parseTaskCall(payload.toString("utf8"));
  if (typeof call === "string") return refused("invalid", call);
  const reply = channel.call(call);
  if (!reply.ok) return refused(reply.code, reply.message);
  return { head: {}, body: new TextEncoder().encode(reply.envelope) };
}
