/** Job: the resources outgoing-request, outgoing-body, request-options and outgoing-response. Never: send them. */
import { trap } from "../../../component/errors.ts";
import { err, ok, type Result } from "../context.ts";
import type { Held } from "../held.ts";
import { largestPiece, OutputStream } from "../streams.ts";
import { type ErrorCode, streamFailure } from "./errors.ts";
import type { Fields } from "./fields.ts";

/** Of one body: what the host's client sends at most. It is held here whole until it is finished. */
export const mostBodyBytes = 16 * 1024 * 1024;

export type Method = { readonly tag: string; readonly val?: string };
export type Scheme = { readonly tag: "HTTP" | "HTTPS" } | { readonly tag: "other"; readonly val: string };

export class OutgoingBody {
  readonly #held: Held;
  /** Of a Content-Length field; null: there is none. */
  readonly #declared: number | null;
  #bytes = new Uint8Array(0);
  #length = 0;
  #stream: BodyOutput | null = null;
  /** What would have been its length when more was written than declared. */
  #excess: number | null = null;
  /** Broken: dropped before it was finished, or of another length than declared. */
  state: "open" | "finished" | "broken" = "open";
  /** Called when it is no longer open. */
  onEnd: (() => void) | null = null;

  constructor(held: Held, headers: Fields) {
    this.#held = held;
    const declared = headers.list.find(([name]) => name === "content-length")?.[1];
    this.#declared = declared !== undefined && /^\d{1,15}$/.test(declared) ? Number(declared) : null;
  }

  write(): Result {
    if (this.#stream !== null) return err();
    this.#stream = new BodyOutput(this);
    return ok(this.#stream);
  }

  /** @throws StreamFailed */
  permit(): number {
    if (this.state !== "open") throw streamFailure("the body has ended", { tag: "HTTP-protocol-error" });
    const left = mostBodyBytes - this.#length;
    if (left === 0) throw streamFailure("the body is too large", sizeError(mostBodyBytes));
    return Math.min(left, largestPiece);
  }

  /** No more than `permit` said. One buffer, since a guest may write single bytes. */
  push(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (this.#declared !== null && length > this.#declared) {
      this.#excess = length;
      throw streamFailure("the body is longer than its content-length", sizeError(length));
    }
    this.#held.take(bytes.length);
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  finish(trailers: Fields | null): Result {
    if (this.#stream?.dropped === false) trap("a body is finished before its stream is dropped");
    trailers?.drop();
    const length = this.#excess ?? this.#length;
    const complete = this.#declared === null || this.#declared === length;
    this.#end(complete ? "finished" : "broken");
    return complete ? ok() : err(sizeError(length));
  }

  /** Dropped without being finished: there is no whole body. */
  drop(): void {
    if (this.state === "open") this.#end("broken");
  }

  #end(state: "finished" | "broken"): void {
    this.state = state;
    if (state === "broken") this.free();
    // A view would be posted with all that lies behind it.
    else if (this.#bytes.length > this.#length) this.#bytes = this.#bytes.slice(0, this.#length);
    this.onEnd?.();
  }

  /** The whole of it, once it is finished. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** It has been sent, or never will be. */
  free(): void {
    this.#held.give(this.#length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }
}

const sizeError = (bytes: number): ErrorCode => ({ tag: "HTTP-request-body-size", val: BigInt(bytes) });

class BodyOutput extends OutputStream {
  readonly #body: OutgoingBody;
  dropped = false;

  constructor(body: OutgoingBody) {
    super();
    this.#body = body;
  }
  override permit(): number {
    return this.#body.permit();
  }
  push(bytes: Uint8Array): void {
    this.#body.push(bytes);
  }
  override drop(): void {
    this.dropped = true;
  }
}

export class OutgoingRequest {
  readonly headers: Fields;
  readonly #held: Held;
  method: Method = { tag: "get" };
  scheme: Scheme | null = null;
  authority: string | null = null;
  path: string | null = null;
  /** Null: never asked for, so that the request has none. */
  body: OutgoingBody | null = null;

  /** Takes `headers` over. */
  constructor(headers: Fields, held: Held) {
    this.#held = held;
    this.headers = headers;
  }

  takeBody(): Result {
    if (this.body !== null) return err();
    this.body = new OutgoingBody(this.#held, this.headers);
    return ok(this.body);
  }

  drop(): void {
    this.headers.drop();
    const { body } = this;
    if (body === null) return;
    // What nobody will send is not kept, now or when it is finished.
    if (body.state === "open") body.onEnd = () => body.free();
    else body.free();
  }
}

/** Nanoseconds; null: none. */
export class RequestOptions {
  connect: bigint | null = null;
  firstByte: bigint | null = null;
  betweenBytes: bigint | null = null;
}

/** Only made and dropped here: there are no requests to answer. */
export class OutgoingResponse {
  readonly headers: Fields;
  readonly #held: Held;
  status = 200;
  #body: OutgoingBody | null = null;

  constructor(headers: Fields, held: Held) {
    this.headers = headers;
    this.#held = held;
  }
  takeBody(): Result {
    if (this.#body !== null) return err();
    this.#body = new OutgoingBody(this.#held, this.headers);
    return ok(this.#body);
  }
  drop(): void {
    this.headers.drop();
  }
}
