/** Job: what the preview2 front asks of the thread besides the kernel's services: HTTP and tasks. Never: an implementation. */

export type HttpHeaders = readonly (readonly [name: string, value: string])[];

/** A request as the guest made it; the shape of `HttpCall`, so that it can be passed on as it is. */
export interface HttpRequest {
  readonly kind: "http";
  readonly method: string;
  readonly url: string;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array | null;
  /** From start to the last byte of the answer; null: the client's standard. */
  readonly timeoutMs: number | null;
  readonly connectTimeoutMs?: number;
  readonly redirect: "follow" | "manual";
  /** The answer comes with its head; its body is asked for by `stream`. */
  readonly streamed: boolean;
}

/** The next piece of a streamed body; an empty piece is its end. `giveUp`: no more of it is wanted. */
export interface HttpBodyRequest {
  readonly kind: "body";
  readonly stream: number;
  readonly giveUp: boolean;
}

export interface HttpFailed {
  readonly ok: false;
  readonly code: "denied" | "network" | "timeout" | "invalid" | "too_large";
  /** For the guest. */
  readonly message: string;
  /** Node's name for what happened to the connection ("ECONNREFUSED"), where there is one. */
  readonly systemCode?: string;
}

export interface HttpHead {
  readonly ok: true;
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
  readonly stream?: number;
}

export interface HttpPiece {
  readonly ok: true;
  readonly bytes: Uint8Array;
}

/** Calls that the host answers while the guest goes on. A reply is taken once. */
export interface HttpService {
  /** Posts a call and answers its number; null: as many as may be are under way. */
  start(call: HttpRequest | HttpBodyRequest): number | null;
  /**
   * The calls whose reply can be taken. If there is none, waits for one without using the processor: so many `milliseconds`,
   * or for as long as it takes (null). Answers at once when nothing is under way and null was given.
   */
  arrived(milliseconds: number | null): readonly number[];
  /** The reply of a call; waits for it. */
  take(call: number): HttpHead | HttpPiece | HttpFailed;
}

export type TaskAnswer =
  /** JSON text. */
  | { readonly ok: true; readonly envelope: string }
  | {
      readonly ok: false;
      readonly code: "invalid-name" | "invalid-args" | "internal-error";
      readonly message: string;
    };

export interface Preview2Services {
  readonly http: HttpService;
  /**
   * Runs a declared task and waits. `argsJson` is the guest's text, unchecked: a JSON array, if it is right.
   */
  runTask(name: string, argsJson: string): TaskAnswer;
}
