/**
 * Job: a Python guest's calls of the host, HTTP requests and tasks: one that it waits for, or many at once; answers as the guest
 * reads them.
 * Never: choose rights; hold more calls than the channel does.
 */
import type { HostReply } from "../protocol.ts";
import type { Channel } from "./channel.ts";
import { mostCalls } from "./channel.ts";
import { parseHttpCall } from "./guest-http.ts";
import { parseTaskCall } from "./guest-task.ts";

/** One line of JSON, then the body. */
export interface Page {
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

const nothing = new Uint8Array(0);
const refused = (code: string, message: string): Page => ({ head: { code, message }, body: nothing });

/** Asks and waits. `text`: JSON of the guest's. */
export function askAndWait(kind: "http" | "task", text: string, channel: Channel): Page {
  const call = parse(kind, text);
  return typeof call === "string" ? refused("invalid", call) : page(channel.call(call));
}

/** Asks; the answer is for `take`. */
export function ask(kind: "http" | "task", text: string, channel: Channel): Page {
  if (channel.pending >= mostCalls) return refused("busy", `${mostCalls} calls are under way; wait for one of them`);
  const call = parse(kind, text);
  return typeof call === "string" ? refused("invalid", call) : { head: { seq: channel.start(call) }, body: nothing };
}

/** Which calls have been answered; waits so many milliseconds for the first, "null" for as long as it takes. */
export function arrived(text: string, channel: Channel): Page {
  const milliseconds = text === "null" ? null : Number(text);
  if (milliseconds !== null && !(milliseconds >= 0)) return refused("invalid", "the time to wait is no number");
  return { head: { arrived: channel.arrived(milliseconds) }, body: nothing };
}

/** The answer to a call that has arrived; waits for one that has not. */
export function take(text: string, channel: Channel): Page {
  try {
    return page(channel.wait(Number(text)));
  } catch (error) {
    if (error instanceof RangeError) return refused("invalid", error.message);
    throw error;
  }
}

function parse(kind: "http" | "task", text: string) {
  return kind === "http" ? parseHttpCall(text) : parseTaskCall(text);
}

function page(reply: HostReply): Page {
  if (!reply.ok) return refused("code" in reply ? reply.code : "invalid", reply.message);
  if ("envelope" in reply) return { head: {}, body: new TextEncoder().encode(reply.envelope) };
  if (!("status" in reply)) return refused("invalid", "this call has no answer for the guest");
  const { status, statusText: reason, url, headers, body } = reply;
  return { head: { status, reason, url, headers }, body };
}
