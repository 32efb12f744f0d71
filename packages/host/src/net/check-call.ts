/** Job: the parts of a call that no hop changes: method, types, sizes. Never: look at the URL's meaning or at the policy. */
import { quote } from "../policy/index.ts";
import type { HttpCall } from "./call.ts";
import { HttpFailure } from "./failure.ts";
import type { HttpLimits } from "./limits.ts";
import type { HopRequest } from "./redirect.ts";

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** The worker is not trusted to send what its types say. */
export function checkCall(call: HttpCall, limits: HttpLimits): HopRequest {
  const method = String(call.method).toUpperCase();
  if (!methods.has(method))
    throw new HttpFailure(
      "invalid",
      `the method ${quote(call.method)} is refused; it is one of ${[...methods].join(", ")}`,
    );
  if (typeof call.url !== "string") throw new HttpFailure("invalid", `${quote(call.url)} is no URL`);
  // Before anything parses it; bytes are counted for each hop (see target.ts).
  if (call.url.length > limits.urlBytes)
    throw new HttpFailure("too_large", `the URL is longer than ${limits.urlBytes} bytes`);
  const isPair = (pair: readonly unknown[]) =>
    Array.isArray(pair) && typeof pair[0] === "string" && typeof pair[1] === "string";
  if (!Array.isArray(call.headers) || !call.headers.every(isPair))
    throw new HttpFailure("invalid", "the headers are no list of names and values");
  if (call.body !== null && !(call.body instanceof Uint8Array))
    throw new HttpFailure("invalid", "the body is not bytes");
  if (call.timeoutMs !== null && !(call.timeoutMs > 0))
    throw new HttpFailure("invalid", `the timeout is ${quote(call.timeoutMs)}; it takes milliseconds above 0`);
  if (call.connectTimeoutMs !== undefined && !(call.connectTimeoutMs > 0))
    throw new HttpFailure(
      "invalid",
      `the time to connect is ${quote(call.connectTimeoutMs)}; it takes milliseconds above 0`,
    );
  if ((call.body?.length ?? 0) > limits.requestBytes)
    throw new HttpFailure(
      "too_large",
      `the body has ${call.body!.length} bytes; at most ${limits.requestBytes} are sent`,
    );
  return { method, url: call.url, headers: call.headers, body: call.body };
}
