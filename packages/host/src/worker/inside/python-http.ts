/** Job: put a Python guest's HTTP request to the host; the answer as the guest reads it. Never: decide what is allowed. */
import type { Channel } from "./channel.ts";
import { parseHttpCall } from "./guest-http.ts";
import { type Page, refused } from "./python-page.ts";

export function askForPage(payload: Buffer, channel: Channel): Page {
  const call = parseHttpCall(payload.toString("utf8"));
  if (typeof call === "string") return refused("invalid", call);
  const reply = channel.call(call);
  if (!reply.ok) return refused(reply.code, reply.message);
  const { status, statusText: reason, url, headers, body } = reply;
  return { head: { status, reason, url, headers }, body };
}
