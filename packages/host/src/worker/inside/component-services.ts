/** Job: what a component's front asks of the thread besides the kernel: requests and tasks, through the channel. Never: choose rights: a task is a name and arguments. */
import type { HttpService, Preview2Services, TaskAnswer } from "../../wasi/preview2.ts";
import { type Channel, mostCalls } from "./channel.ts";
import { isJsonText } from "./json-text.ts";

export function preview2Services(channel: Channel): Preview2Services {
  const http: HttpService = {
    start: (call) => (channel.pending < mostCalls ? channel.start(call) : null),
    arrived: (milliseconds) => channel.arrived(milliseconds),
    take(call) {
      const reply = channel.wait(call);
      if ("status" in reply || "bytes" in reply) return reply;
      if (!reply.ok && isHttpCode(reply)) return reply;
      throw new TypeError("the reply answers another call");
    },
  };
  return { http, runTask: (name, argsJson) => runTask(channel, name, argsJson) };
}

type Failed = ReturnType<HttpService["take"]> & { readonly ok: false };

function isHttpCode(reply: { readonly ok: false; readonly message: string; readonly code?: string }): reply is Failed {
  return "code" in reply && reply.code !== "internal" && reply.code !== "limit";
}

const mostNameLength = 200;

/** `argsJson`: an array; the interface has no place for named arguments. */
function runTask(channel: Channel, name: string, argsJson: string): TaskAnswer {
  if (name === "" || name.length > mostNameLength)
    return { ok: false, code: "invalid-name", message: `a task's name has 1 to ${mostNameLength} characters` };
  if (!isJsonText(argsJson) || !/^\s*\[/.test(argsJson))
    return { ok: false, code: "invalid-args", message: 'the arguments are no JSON array, such as [1, "two"]' };
  const reply = channel.call({ kind: "task", name, args: argsJson, kwargs: "{}" });
  if (reply.ok) return reply;
  const code = reply.code === "invalid" ? "invalid-args" : reply.code === "denied" ? "invalid-name" : "internal-error";
  return { ok: false, code, message: reply.message };
}
