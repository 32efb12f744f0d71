/** Job: what the envelope says about a request. Never: a body, a header, a credential, a query. */
import { quote } from "../policy/index.ts";
import type { RequestRecord } from "./call.ts";
import type { HttpFailure } from "./failure.ts";

/** Tells of one request, once, when it is over. */
export type Report = (status: number | null, failure: HttpFailure | null) => void;

/** A `Report` to `tell`, its clock started now. */
export function reporter(method: string, url: string, tell: ((record: RequestRecord) => void) | undefined): Report {
  const begun = Date.now();
  let told = false;
  return (status, failure) => {
    if (told) return;
    told = true;
    const record = { method, url, status, duration_ms: Date.now() - begun };
    tell?.(failure === null ? record : { ...record, error: `${failure.code}: ${failure.message}` });
  };
}

const maxDisplayLength = 500;

/** A URL for logs: credentials, query and fragment may be secrets and stay out; "?…" says that there was a query. */
export function displayUrl(text: string, base?: URL): string {
  const url = base === undefined ? URL.parse(text) : URL.parse(text, base);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return quote(text.slice(0, 20));
  return `${`${url.origin}${url.pathname}`.slice(0, maxDisplayLength)}${url.search === "" ? "" : "?…"}`;
}
