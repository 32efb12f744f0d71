/** Job: what request follows an answer, by the fetch standard (§ HTTP-redirect fetch). Never: decide whether it is allowed. */
import type { HeaderList } from "./call.ts";

/** A request between two hops. */
export interface HopRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array | null;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const ofBody: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
]);
/** The standard drops `Authorization`; a guest's own `Cookie` is as much a credential, and there is no jar here. */
const credentials: ReadonlySet<string> = new Set(["authorization", "cookie"]);

/** The URL that an answer redirects to, as written; null when it is final. */
export function redirectOf(status: number, headers: HeaderList): string | null {
  if (!redirectStatuses.has(status)) return null;
  return headers.find(([name]) => name === "location")?.[1] ?? null;
}

/** The request that follows `request` when `from` redirects to `to`. */
export function nextRequest(request: HopRequest, status: number, from: URL, to: URL): HopRequest {
  const toGet =
    (status === 303 && request.method !== "GET" && request.method !== "HEAD") ||
    ((status === 301 || status === 302) && request.method === "POST");
  const sameOrigin = from.origin === to.origin;
  return {
    method: toGet ? "GET" : request.method,
    url: to.href,
    headers: request.headers.filter(
      ([name]) =>
        !(toGet && ofBody.has(name.toLowerCase())) &&
        !(!sameOrigin && credentials.has(name.toLowerCase())) &&
        // The old host's name and the old body's length.
        !(name.toLowerCase() === "host" || (toGet && name.toLowerCase() === "content-length")),
    ),
    body: toGet ? null : request.body,
  };
}
