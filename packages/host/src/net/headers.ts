/** Job: decide which headers of a guest go out, and which of a server come in. Never: let a guest steer framing, routing or proxies. */
import { quote } from "../policy/index.ts";
import type { HeaderList } from "./call.ts";
import { HttpFailure } from "./failure.ts";
import type { HttpLimits } from "./limits.ts";

/** Of one connection (RFC 9110 §7.6.1), of framing, or of a proxy: ours to set. Names that begin with "proxy-" too. */
const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const ofConnection = (name: string) => connectionHeaders.has(name) || name.startsWith("proxy-");

/**
 * The headers of a guest that are sent. Headers of the connection are dropped, because libraries set them without being
 * asked; a `Host` or `Content-Length` that contradicts the request is refused, because dropping it would hide an error
 * (or an attack).
 * @returns lower-case names, in order
 * @throws HttpFailure `invalid`, `too_large`
 */
export function checkRequestHeaders(
  headers: HeaderList,
  authority: string,
  bodyBytes: number,
  limits: HttpLimits,
): HeaderList {
  if (headers.length > limits.requestHeaders)
    throw new HttpFailure("too_large", `more than ${limits.requestHeaders} headers`);
  const sent: [string, string][] = [];
  let bytes = 0;
  for (const [rawName, rawValue] of headers) {
    // RFC 9110 §5.1 and §5.5: a token; a value without control characters, of bytes.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(rawName))
      throw new HttpFailure("invalid", `${quote(rawName)} is no name of a header`);
    const name = rawName.toLowerCase();
    const value = rawValue.replace(/^[ \t]+|[ \t]+$/g, "");
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value))
      throw new HttpFailure("invalid", `the header ${name} has a character that no header may have: ${quote(value)}`);
    bytes += name.length + value.length + 4;
    if (bytes > limits.requestHeaderBytes)
      throw new HttpFailure("too_large", `more than ${limits.requestHeaderBytes} bytes of headers`);
    if (
      name === "host" &&
      value.toLowerCase() !== authority &&
      value.toLowerCase() !== `${authority}:80` &&
      value.toLowerCase() !== `${authority}:443`
    )
      throw new HttpFailure(
        "invalid",
        `the header host is ${quote(value)} but the URL names ${quote(authority)}; leave it out`,
      );
    if (name === "content-length" && value !== String(bodyBytes))
      throw new HttpFailure(
        "invalid",
        `the header content-length is ${quote(value)} but the body has ${bodyBytes} bytes; leave it out`,
      );
    if (!ofConnection(name)) sent.push([name, value]);
  }
  return sent;
}

/** The headers of an answer for the guest: without those of the connection; of a decoded body, without its coding and length. */
export function responseHeaders(raw: readonly string[], decoded: boolean): HeaderList {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (ofConnection(name) && (name !== "content-length" || decoded)) continue;
    if (decoded && name === "content-encoding") continue;
    headers.push([name, raw[index + 1]!]);
  }
  return headers;
}
