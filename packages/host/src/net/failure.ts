/** Job: the one error of this room, and how errors of Node become it. Never: carry an address or a path of the host to a guest. */
import type { FailedReply, HostDenial, HttpFailureCode } from "./call.ts";

/** Why a request has no answer; `message` is for the guest. */
export class HttpFailure extends Error {
  readonly code: HttpFailureCode;
  /** For the operator's events, when policy refused. */
  readonly denial: HostDenial | null;
  /** Node's name for what happened, such as ECONNREFUSED; null where it was not Node that failed. */
  readonly systemCode: string | null;
  constructor(
    code: HttpFailureCode,
    message: string,
    denial: HostDenial | null = null,
    systemCode: string | null = null,
  ) {
    super(message);
    this.name = "HttpFailure";
    this.code = code;
    this.denial = denial;
    this.systemCode = systemCode;
  }
}

/** What a guest is told of it. */
export function failedReply(error: unknown): FailedReply {
  const { code, message, systemCode } = toFailure(error);
  return { ok: false, code, message, ...(systemCode === null ? {} : { systemCode }) };
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
  const network = (message: string) => new HttpFailure("network", `${message} (${code})`, null, code);
  if (code === "HPE_HEADER_OVERFLOW") return new HttpFailure("too_large", "the headers of the answer are too large");
  if (code.startsWith("HPE_")) return network("the answer is not valid HTTP");
  if (code.startsWith("Z_") || code.startsWith("ERR_BROTLI") || code.startsWith("ERR__ERROR_"))
    return network("the answer's content-encoding cannot be decoded");
  if (/CERT|SIGNATURE|ISSUER|ALTNAME|CRL/.test(code)) return network("the host's certificate was refused");
  return network(reasons[code] ?? "the request failed");
}
