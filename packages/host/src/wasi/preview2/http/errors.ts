/** Job: why a request has no answer, as `wasi:http/types.error-code`. Never: decide it. */
import type { VariantValue } from "../../../component/value.ts";
import { IoError, StreamFailed } from "../errors.ts";
import type { HttpFailed } from "../services.ts";

export type ErrorCode = VariantValue;

const dns = { tag: "DNS-error", val: { rcode: null, "info-code": null } };

/** What Node calls it → what the WIT calls it. */
const byCause: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: dns,
  EAI_AGAIN: dns,
  ENODATA: dns,
  ECONNREFUSED: { tag: "connection-refused" },
  ECONNRESET: { tag: "connection-terminated" },
  ECONNABORTED: { tag: "connection-terminated" },
  EPIPE: { tag: "connection-terminated" },
  ERR_STREAM_PREMATURE_CLOSE: { tag: "HTTP-response-incomplete" },
  ETIMEDOUT: { tag: "connection-timeout" },
  EHOSTUNREACH: { tag: "destination-unavailable" },
  ENETUNREACH: { tag: "destination-unavailable" },
};

function networkCode({ systemCode: cause, message }: HttpFailed): ErrorCode {
  const known = cause === undefined ? undefined : byCause[cause];
  if (known !== undefined) return known;
  if (cause?.startsWith("HPE_")) return { tag: "HTTP-protocol-error" };
  if (cause !== undefined && /CERT|SIGNATURE|ISSUER|ALTNAME|CRL/.test(cause)) return { tag: "TLS-certificate-error" };
  if (cause !== undefined && /^(?:Z_|ERR_BROTLI|ERR__ERROR_)/.test(cause))
    return { tag: "HTTP-response-content-coding", val: null };
  return { tag: "internal-error", val: message };
}

/** `where`: before the head of the answer came, or in its body. Sizes of the request are checked before it is sent. */
export function errorCodeOf(failed: HttpFailed, where: "head" | "body"): ErrorCode {
  switch (failed.code) {
    case "denied":
      return { tag: "HTTP-request-denied" };
    case "timeout":
      if (failed.systemCode === "ETIMEDOUT") return { tag: "connection-timeout" };
      return { tag: where === "head" ? "HTTP-response-timeout" : "connection-read-timeout" };
    case "invalid":
      return { tag: "HTTP-request-URI-invalid" };
    case "too_large":
      return where === "head"
        ? { tag: "HTTP-response-header-section-size", val: null }
        : { tag: "HTTP-response-body-size", val: null };
    case "network":
      return networkCode(failed);
    default:
      return failed.code satisfies never;
  }
}

export const streamFailure = (message: string, code: ErrorCode) => new StreamFailed(new IoError(message, null, code));
