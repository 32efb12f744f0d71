/** Job: an HTTP request as a Python guest writes it, checked and put to the host; the answer as the guest reads it. Never: decide what is allowed. */
import type { HttpCall } from "../protocol.ts";
import type { Channel } from "./channel.ts";
import { type Page, refused } from "./python-page.ts";

const mostHeaders = 200;
const mostFieldLength = 64 * 1024;
const mostRequestBytes = 32 * 1024 * 1024;

export function askForPage(payload: Buffer, channel: Channel): Page {
  const call = parseCall(payload);
  if (typeof call === "string") return refused("invalid", call);
  const reply = channel.call(call);
  if (!reply.ok) return refused(reply.code, reply.message);
  const { status, statusText: reason, url, headers, body } = reply;
  return { head: { status, reason, url, headers }, body };
}

/** The call, or what is wrong with it. */
function parseCall(payload: Buffer): HttpCall | string {
  if (payload.length > mostRequestBytes) return "the request is too large";
  let said: unknown;
  try {
    said = JSON.parse(payload.toString("utf8"));
  } catch {
    return "the request is not JSON";
  }
  if (typeof said !== "object" || said === null) return "the request is no JSON object";
  const { method, url, headers, body, timeoutMs, redirect } = said as Readonly<Record<string, unknown>>;
  if (typeof method !== "string" || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(method))
    return "the method is no HTTP method";
  if (typeof url !== "string" || url.length > mostFieldLength) return "the url is no text, or too long";
  if (!Array.isArray(headers) || headers.length > mostHeaders || !headers.every(isField))
    return `the headers are not at most ${mostHeaders} pairs of texts`;
  if (body !== null && typeof body !== "string") return "the body is no text";
  if (timeoutMs !== null && !(typeof timeoutMs === "number" && timeoutMs > 0))
    return "the timeout is no positive number";
  return {
    kind: "http",
    method,
    url,
    headers: headers.map(([name, value]) => [name, value] as const),
    body: body === null ? null : Uint8Array.from(Buffer.from(body, "base64")),
    timeoutMs: timeoutMs === null ? null : Math.ceil(timeoutMs),
    redirect: redirect === "manual" ? "manual" : "follow",
  };
}

function isField(field: unknown): field is [string, string] {
  return (
    Array.isArray(field) &&
    field.length === 2 &&
    field.every((part) => typeof part === "string" && part.length <= mostFieldLength)
  );
}
