/** Job: an HTTP request as a guest writes it, checked. Never: decide what is allowed; ask the host. */
import type { HttpCall } from "../protocol.ts";
import { isJsonText } from "./json-text.ts";

const mostHeaders = 200;
const mostFieldLength = 64 * 1024;
const mostRequestBytes = 32 * 1024 * 1024;
/** A field is three values. 32 MB of "[]," would be a gigabyte of arrays, which ends the process and not the thread. */
const mostValues = 4 * mostHeaders;

/** The call, or what is wrong with it. The body is `bytes`, or base64 in the text. */
export function parseHttpCall(text: string, bytes: Uint8Array | null = null): HttpCall | string {
  if (text.length > mostRequestBytes) return "the request is too large";
  if (!isJsonText(text, mostValues)) return `the request is not JSON, or of more than ${mostValues} values`;
  const said: unknown = JSON.parse(text);
  if (typeof said !== "object" || said === null) return "the request is no JSON object";
  const { method, url, headers, body, timeoutMs, redirect, streamed } = said as Readonly<Record<string, unknown>>;
  if (typeof method !== "string" || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(method))
    return "the method is no HTTP method";
  if (typeof url !== "string" || url.length > mostFieldLength) return "the url is no text, or too long";
  if (!Array.isArray(headers) || headers.length > mostHeaders || !headers.every(isField))
    return `the headers are not at most ${mostHeaders} pairs of texts`;
  if (body !== null && body !== undefined && typeof body !== "string") return "the body is no text";
  if (timeoutMs !== null && !(typeof timeoutMs === "number" && timeoutMs > 0))
    return "the timeout is no positive number";
  return {
    kind: "http",
    method,
    url,
    headers: headers.map(([name, value]) => [name, value] as const),
    body: bytes ?? (typeof body === "string" ? Uint8Array.from(Buffer.from(body, "base64")) : null),
    timeoutMs: timeoutMs === null ? null : Math.ceil(timeoutMs),
    redirect: redirect === "manual" ? "manual" : "follow",
    ...(streamed === true ? { streamed } : {}),
  };
}

function isField(field: unknown): field is [string, string] {
  return (
    Array.isArray(field) &&
    field.length === 2 &&
    field.every((part) => typeof part === "string" && part.length <= mostFieldLength)
  );
}
