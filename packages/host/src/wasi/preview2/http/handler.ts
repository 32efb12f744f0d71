/** Job: wasi:http/outgoing-handler: check what a request says, and hand it to the host. Never: decide which hosts are allowed. */
import { type Context, err, ok, type Result } from "../context.ts";
import type { ErrorCode } from "./errors.ts";
import { FutureResponse } from "./future.ts";
import type { Method, OutgoingRequest, RequestOptions } from "./outgoing.ts";

/** As the host's client has them: a refusal that comes from here can say what was wrong. */
const mostUrlBytes = 8192;
const mostHeaderBytes = 32 * 1024;
const methods: ReadonlySet<string> = new Set(["get", "head", "post", "put", "patch", "delete", "options"]);

/** RFC 9110 §9.1: a token. */
export const isMethod = (method: Method) =>
  method.tag !== "other" || /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(method.val ?? "");
/** Visible ASCII; a fragment never goes out, and a backslash is a slash to some parsers. */
export const isPath = (path: string) =>
  path.length <= mostUrlBytes && /^(?:[/?][!-~]*|\*)?$/.test(path) && !/[#\\]/.test(path);
/** Host and port; no credentials. The client's parser has the last word. */
export const isAuthority = (authority: string) =>
  /^(?:\[[0-9A-Fa-f:.]+\]|[!$&'()*+,;=%0-9A-Za-z._~-]+)(?::\d{0,5})?$/.test(authority) && authority.length <= 300;

/** At least a millisecond: 0 is none to the client. */
function connecting(options: RequestOptions | null): { readonly connectTimeoutMs?: number } {
  const connect = options?.connect ?? null;
  return connect === null ? {} : { connectTimeoutMs: Math.max(1, Math.ceil(Number(connect) / 1e6)) };
}

export function handle(context: Context, request: OutgoingRequest, options: RequestOptions | null): Result {
  const refused = (code: ErrorCode): Result => {
    request.drop();
    return err(code);
  };
  const { method, scheme, authority, path } = request;
  if (!methods.has(method.tag)) return refused({ tag: "HTTP-request-method-invalid" });
  if (scheme?.tag === "other") return refused({ tag: "HTTP-protocol-error" });
  if (authority === null) return refused({ tag: "HTTP-request-URI-invalid" });
  const target = path ?? "/";
  const url = `${scheme?.tag === "HTTP" ? "http" : "https"}://${authority}${target.startsWith("/") ? "" : "/"}${target}`;
  if (url.length > mostUrlBytes) return refused({ tag: "HTTP-request-URI-too-long" });
  const headers = request.headers.list;
  const headerBytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  if (headerBytes > mostHeaderBytes) return refused({ tag: "HTTP-request-header-section-size", val: headerBytes });
  request.headers.drop();
  return ok(
    new FutureResponse(
      context,
      {
        kind: "http",
        method: method.tag.toUpperCase(),
        url,
        headers,
        timeoutMs: null,
        ...connecting(options),
        redirect: "manual",
        streamed: true,
      },
      request.body,
      options,
    ),
  );
}
