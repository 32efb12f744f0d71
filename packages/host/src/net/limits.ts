/** Job: the numbers of the HTTP client, one for each thing a guest or a server can make large. Never: behaviour. */

export interface HttpLimits {
  readonly urlBytes: number;
  readonly requestHeaderBytes: number;
  readonly requestHeaders: number;
  readonly requestBytes: number;
  readonly responseHeaderBytes: number;
  /** On the wire and decoded, each. */
  readonly responseBytes: number;
  readonly redirects: number;
  /** Addresses of one name that are tried. */
  readonly connectAttempts: number;
  readonly connectTimeoutMs: number;
  /** When the guest names none. Long, because models answer slowly; the task's own timeout ends a request too. */
  readonly timeoutMs: number;
  /** The guest's own wish included. */
  readonly maxTimeoutMs: number;
  /** At one time; further ones wait for their turn. */
  readonly parallel: number;
  readonly waiting: number;
  /** In the life of one client, each hop counted. */
  readonly requests: number;
}

export const defaultHttpLimits: HttpLimits = Object.freeze({
  urlBytes: 8192,
  requestHeaderBytes: 32 * 1024,
  requestHeaders: 100,
  requestBytes: 16 * 1024 * 1024,
  responseHeaderBytes: 64 * 1024,
  responseBytes: 32 * 1024 * 1024,
  redirects: 10,
  connectAttempts: 4,
  connectTimeoutMs: 10_000,
  timeoutMs: 300_000,
  maxTimeoutMs: 3_600_000,
  parallel: 16,
  waiting: 1000,
  requests: 10_000,
});
