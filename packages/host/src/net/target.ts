/** Job: hold one URL, of a request or of a redirect, against the rules for URLs and hosts. Never: resolve or connect. */
import { formatHostRule, type HostRule, hostAllowed, quote } from "../policy/index.ts";
import { HttpFailure } from "./failure.ts";

/** Where one hop goes; everything comes from one parse of the URL, so that check and use cannot differ. */
export interface Target {
  readonly url: URL;
  readonly secure: boolean;
  /** Lower case, punycode, no trailing dot; an IPv6 address has no brackets. */
  readonly host: string;
  readonly port: number;
  /** The `Host` header. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
}

/** https://fetch.spec.whatwg.org/#port-blocking: services that can be talked to by accident or malice over HTTP. */
const blockedPorts: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** Rules for hosts: what holds, and what was asked for before a ceiling cut it (for messages only). */
export interface Rules {
  readonly hosts: readonly HostRule[];
  readonly askedHosts?: readonly HostRule[] | undefined;
}

/**
 * Reads and checks the URL of one hop.
 * @param text absolute URL, as the guest or a `Location` wrote it
 * @param base what a relative `Location` is relative to
 * @throws HttpFailure `invalid` for no URL for us, `denied` when no rule allows its host and port
 */
export function checkTarget(text: string, base: URL | null, rules: Rules, maxBytes: number): Target {
  if (Buffer.byteLength(text) > maxBytes)
    throw new HttpFailure("too_large", `the URL is longer than ${maxBytes} bytes`);
  // The URL standard drops tabs and newlines and reads "\" as "/": other parsers do not, so none of them may pass.
  if (/[\u0000-\u0020\u007f\\]/.test(text))
    throw new HttpFailure(
      "invalid",
      `the URL ${quote(text)} has a blank, a control character or a backslash in it; percent-encode it`,
    );
  const url = base === null ? URL.parse(text) : URL.parse(text, base);
  if (url === null) throw new HttpFailure("invalid", `${quote(text)} is no absolute URL; write "https://host/path"`);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new HttpFailure(
      "invalid",
      `the URL ${quote(text)} is ${quote(url.protocol)}; only http: and https: exist here`,
    );
  if (url.username !== "" || url.password !== "")
    throw new HttpFailure(
      "invalid",
      "a URL with a user name or password in it is refused; send an Authorization header",
    );
  url.hash = "";
  const secure = url.protocol === "https:";
  const hostname = url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname;
  if (hostname === "" || hostname.endsWith("."))
    throw new HttpFailure("invalid", `the URL ${quote(text)} names no host`);
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  checkHost(hostname, port, rules);
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  const authority = url.port === "" ? hostname : `${hostname}:${url.port}`;
  return { url, secure, host, port, authority, path: `${url.pathname}${url.search}` };
}

function checkHost(hostname: string, port: number, { hosts: rules, askedHosts = [] }: Rules): void {
  const deny: (reason: string, hint: string) => never = (reason, hint) => {
    throw new HttpFailure("denied", `${reason}; ${hint} would allow it`, {
      kind: "host",
      what: `${hostname}:${port}`,
      reason,
      hint,
    });
  };
  if (!hostAllowed(rules, hostname, port)) {
    const portless = rules.some((rule) => hostAllowed([{ pattern: rule.pattern, port: null }], hostname, port));
    const wanted = `allowed_hosts=[${quote(portless ? formatHostRule({ pattern: hostname, port }) : hostname)}]`;
    // The task did ask; telling it to ask would be no help.
    const cut = hostAllowed(askedHosts, hostname, port);
    deny(
      portless ? `port ${port} of ${quote(hostname)} is not allowed` : `the host ${quote(hostname)} is not allowed`,
      cut ? `${wanted} in the operator's limits ([limits] of capsule.toml, --allow-host, the API's limits)` : wanted,
    );
  }
  const named = rules.filter((rule) => rule.port === port);
  if (blockedPorts.has(port) && !hostAllowed(named, hostname, port))
    deny(
      `port ${port} belongs to another service than the web`,
      `naming the port, allowed_hosts=[${quote(formatHostRule({ pattern: hostname, port }))}],`,
    );
}
