/** Job: capsule:host/api: a task by name, an HTTP request in one call. Never: take rights from a guest: `config-json` is not read. */
import { trap } from "../../component/errors.ts";
import { err, type Group, ok } from "./context.ts";
import type { HttpFailed, HttpHeaders } from "./services.ts";

/** As a guest of the other engines may send. */
const mostHeaders = 200;

const httpError = ({ code, message }: HttpFailed) => {
  if (code === "timeout") return { tag: "timeout", val: message };
  return { tag: code === "invalid" ? "invalid-url" : "network-error", val: message };
};

export const hostInterfaces: Group = ({ services, calls }) => ({
  "capsule:host/api": {
    functions: {
      /** A task's rights are those of its declaration: what the caller says of them is none of its business. */
      "schedule-task": (name: string, argsJson: string, _configJson: string) => {
        const answer = services.runTask(name, argsJson);
        return answer.ok ? ok(answer.envelope) : err({ tag: answer.code, val: answer.message });
      },

      "http-request": (method: string, url: string, headers: HttpHeaders, body: string | null) => {
        if (headers.length > mostHeaders) return err({ tag: "network-error", val: `more than ${mostHeaders} headers` });
        const reply = calls.call({
          kind: "http",
          method,
          url,
          headers,
          body: body === null ? null : new TextEncoder().encode(body),
          timeoutMs: null,
          redirect: "follow",
          streamed: false,
        });
        if (!reply.ok) return err(httpError(reply));
        if ("bytes" in reply) return trap("a piece of a body answers no request");
        return ok({ status: reply.status, headers: reply.headers, body: new TextDecoder().decode(reply.body) });
      },
    },
  },
});
