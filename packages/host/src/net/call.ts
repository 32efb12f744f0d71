/** Job: the shapes of an HTTP request of a guest and of its answer, as they cross the worker's border. Never: behaviour. */

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A request as the guest makes it; nothing in it has been checked. */
export interface HttpCall {
  readonly kind: "http";
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array | null;
  /** From start to the last byte of the answer; null: the client's standard. The client's maximum holds in any case. */
  readonly timeoutMs: number | null;
  /** For connecting to one address, TLS apart; the client's own, where that is less. */
  readonly connectTimeoutMs?: number;
  /** `"follow"` (the default): answers are final ones. `"manual"`: a redirect is an answer like any other. */
  readonly redirect?: "follow" | "manual";
  /** The answer is given when its head is there, with an empty body and a `stream` to ask for the rest of it. */
  readonly streamed?: boolean;
}

/**
 * Why there is no answer. `denied`: policy. `network`: no connection, no name, not HTTP, a bad certificate, cancelled.
 * `timeout`. `invalid`: the request is none. `too_large`: a limit on sizes, counts or redirects.
 */
export type HttpFailureCode = "denied" | "network" | "timeout" | "invalid" | "too_large";

/** The answer with its whole body. */
export type HttpReply =
  | {
      readonly ok: true;
      readonly status: number;
      readonly statusText: string;
      /** After redirects. */
      readonly url: string;
      readonly headers: HeaderList;
      readonly body: Uint8Array;
      /** Names the body that is still to come, where the call was `streamed`. */
      readonly stream?: number;
    }
  | FailedReply;

export interface FailedReply {
  readonly ok: false;
  readonly code: HttpFailureCode;
  readonly message: string;
  /** Node's name for what happened to the connection, such as ECONNREFUSED; for guests that tell such failures apart. */
  readonly systemCode?: string;
}

/** A refusal by policy; fits the `Denial` of the host's events. */
export interface HostDenial {
  readonly kind: "host";
  readonly what: string;
  readonly reason: string;
  readonly hint: string;
}

/** One request on the wire, or one that was refused before; fits `host_requests` of the envelope. */
export interface RequestRecord {
  readonly method: string;
  /** Without credentials, query and fragment; "?…" stands for a query. */
  readonly url: string;
  readonly status: number | null;
  readonly duration_ms: number;
  readonly error?: string;
}
