/** Job: one request and its answer over one connection that is used once. Never: follow, check or log anything. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { HeaderList } from "./call.ts";
import { acceptedCodings } from "./decode.ts";
import { HttpFailure } from "./failure.ts";
import type { HttpLimits } from "./limits.ts";
import type { Target } from "./target.ts";

export interface Hop {
  readonly method: string;
  readonly target: Target;
  /** Checked, lower-case names. */
  readonly headers: HeaderList;
  readonly body: Uint8Array | null;
}

/**
 * Sends `hop` over `socket` (TLS or not). The connection is closed after the answer: nothing of one request can be in
 * the next one's way, and no two tasks ever share a connection.
 * @returns the answer with its body unread; destroy it to give up
 */
export function exchange(hop: Hop, socket: Socket, limits: HttpLimits, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      method: hop.method,
      path: hop.target.path,
      createConnection: () => socket,
      setHost: false,
      setDefaultHeaders: false,
      maxHeaderSize: limits.responseHeaderBytes,
      insecureHTTPParser: false,
    });
    request.setHeader("host", hop.target.authority);
    request.setHeader("connection", "close");
    for (const [name, value] of standardHeaders)
      if (!hop.headers.some(([own]) => own === name)) request.setHeader(name, value);
    for (const [name, value] of hop.headers) request.appendHeader(name, value);
    const expectsBody = hop.method !== "GET" && hop.method !== "HEAD";
    if (hop.body !== null || expectsBody) request.setHeader("content-length", String(hop.body?.length ?? 0));

    const abort = () => {
      request.destroy(signal.reason as Error);
      socket.destroy();
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", abort));
    request.once("response", (response) => {
      response.on("error", () => socket.destroy());
      response.once("close", () => socket.destroy());
      resolve(response);
    });
    request.once("upgrade", (_, raw) => {
      raw.destroy();
      reject(new HttpFailure("network", "the host changed the protocol without being asked"));
    });
    request.on("error", (error) => {
      socket.destroy();
      reject(error);
    });
    if (signal.aborted) abort();
    else request.end(hop.body ?? undefined);
  });
}

/** Sent when the guest sends none of its own. */
const standardHeaders: HeaderList = [
  ["accept", "*/*"],
  ["accept-encoding", acceptedCodings],
  ["user-agent", "capsule"],
];
