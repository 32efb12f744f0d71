/** Job: the one error of this room, and how errors of Node become it. Never: carry an address or a path of the host to a guest. */
import type { HostDenial, HttpFailureCode } from "./call.ts";

/** Why a request has no answer; `message` is for the guest. */
export class HttpFailure extends Error {
  readonly code: HttpFailureCode;
  /** For the operator's events, when policy refused. */
  readonly denial: HostDenial | null;
  constructor(code: HttpFailureCode, message: string, denial: HostDenial | null = null) {
    super(message);
    this.name = "HttpFailure";
    this.code = code;
    this.denial = denial;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "the name of the host does not resolve",
  EAI_AGAIN: "the name of the host cannot be resolved now",
  ENODATA: "the name of the host does not resolve",
  ECONNREFUSED: "the host refused the connection",
  ECONNRESET: "the host closed the connection",
  EPIPE: "the host closed the connection",
  ECONNABORTED: "the host closed the connection",
  ETIMEDOUT: "the host did not answer",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ERR_STREAM_PREMATURE_CLOSE: "the host closed the connection",
};

/** Any error of a hop as an `HttpFailure`; Node's message stays behind, it may name addresses. */
export function toFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const code = String((error as NodeJS.ErrnoException | null)?.code ?? "unknown error");
  if (code === "HPE_HEADER_OVERFLOW") return new HttpFailure("too_large", "the headers of the answer are too large");
  if (code.startsWith("HPE_")) return new HttpFailure("network", `the answer is not valid HTTP (${code})`);
  if (code.startsWith("Z_") || code.startsWith("ERR_BROTLI") || code.startsWith("ERR__ERROR_"))
    return new HttpFailure("network", `the answer's content-encoding cannot be decoded (${code})`);
  if (/CERT|SIGNATURE|ISSUER|ALTNAME|CRL/.test(code))
    return new HttpFailure("network", `the host's certificate was refused (${code})`);
  const reason = reasons[code];
  return new HttpFailure("network", reason === undefined ? `the request failed (${code})` : `${reason} (${code})`);
}
