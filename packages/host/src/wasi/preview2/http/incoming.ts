/** Job: the resources incoming-response, incoming-body and future-trailers, and the stream of a body that is still coming. Never: start a request. */

import { trap } from "../../../component/errors.ts";
import type { HostCalls } from "../calls.ts";
import { err, ok, type Result } from "../context.ts";
import { StreamClosed } from "../errors.ts";
import type { Held } from "../held.ts";
import type { HttpFailed, HttpHead } from "../services.ts";
import { InputStream } from "../streams.ts";
import type { Source } from "../waits.ts";
import { type ErrorCode, errorCodeOf, streamFailure } from "./errors.ts";
import { Fields } from "./fields.ts";

/** The instant after which waiting for the next piece is given up; null: never. */
export type NextDeadline = () => bigint | null;

export class IncomingResponse {
  readonly status: number;
  readonly #headers: Fields;
  readonly #body: IncomingBody;
  #consumed = false;

  constructor(head: HttpHead, calls: HostCalls, held: Held, now: () => bigint, nextDeadline: NextDeadline) {
    this.status = head.status;
    this.#headers = new Fields(held, head.headers, false);
    this.#body = new IncomingBody(new BodyInput(head, calls, now, nextDeadline));
  }

  get headers(): Fields {
    return this.#headers.copy(false);
  }

  consume(): Result {
    if (this.#consumed) return err();
    this.#consumed = true;
    return ok(this.#body);
  }

  drop(): void {
    this.#headers.drop();
    if (!this.#consumed) this.#body.drop();
  }
}

export class IncomingBody {
  readonly #input: BodyInput;
  #given = false;

  constructor(input: BodyInput) {
    this.#input = input;
  }

  stream(): Result {
    if (this.#given) return err();
    this.#given = true;
    return ok(this.#input);
  }

  finish(): FutureTrailers {
    if (this.#given && !this.#input.dropped) trap("a body is finished before its stream is dropped");
    this.drop();
    return new FutureTrailers(this.#input.failure);
  }

  drop(): void {
    this.#input.giveUp();
  }
}

/** There are none: the host's client does not pass them on. What is told is how the body ended. */
export class FutureTrailers {
  readonly #failure: ErrorCode | null;
  #taken = false;

  constructor(failure: ErrorCode | null) {
    this.#failure = failure;
  }

  get(): Result {
    if (this.#taken) return err();
    this.#taken = true;
    return ok(this.#failure === null ? ok(null) : err(this.#failure));
  }
}

/** One piece ahead at most: the next is asked for when somebody reads or waits. */
export class BodyInput extends InputStream {
  readonly #calls: HostCalls;
  readonly #now: () => bigint;
  readonly #nextDeadline: NextDeadline;
  /** Names the body for the host; null: no more of it is to come. */
  #stream: number | null;
  /** What is here and not yet read. */
  #piece: Uint8Array;
  #call: number | null = null;
  #deadline: bigint | null = null;
  failure: ErrorCode | null = null;
  dropped = false;
  readonly source: Source;

  constructor(head: HttpHead, calls: HostCalls, now: () => bigint, nextDeadline: NextDeadline) {
    super();
    this.#calls = calls;
    this.#now = now;
    this.#nextDeadline = nextDeadline;
    this.#stream = head.stream ?? null;
    this.#piece = head.body;
    this.source = this.#makeSource();
  }

  #makeSource(): Source {
    const deadline = () => this.#deadline;
    return {
      ready: () => this.#advance(),
      answered: true,
      get deadline() {
        return deadline();
      },
    };
  }

  /** Takes what has come, asks for more; whether a read would have an answer. */
  #advance(): boolean {
    if (this.#piece.length > 0 || this.#stream === null) return true;
    if (this.#call === null) {
      this.#call = this.#calls.start({ kind: "body", stream: this.#stream, giveUp: false });
      this.#deadline = this.#nextDeadline();
    }
    if (this.#call === null) return false;
    const reply = this.#calls.take(this.#call);
    if (reply === undefined) {
      if (this.#deadline === null || this.#now() < this.#deadline) return false;
      this.#fail({ ok: false, code: "timeout", message: "the next piece of the body did not come in time" });
      return true;
    }
    this.#call = null;
    this.#deadline = null;
    if (!reply.ok) this.#fail(reply);
    else if ("bytes" in reply && reply.bytes.length > 0) this.#piece = reply.bytes;
    else this.#stream = null;
    return true;
  }

  #fail(failed: HttpFailed): void {
    this.failure = errorCodeOf(failed, "body");
    this.#message = failed.message;
    this.giveUp();
  }
  #message = "";

  protected pull(length: number): Uint8Array {
    this.#calls.collect();
    if (!this.#advance()) return new Uint8Array(0);
    if (this.#piece.length > 0) {
      const part = this.#piece.subarray(0, length);
      this.#piece = this.#piece.subarray(part.length);
      return part;
    }
    if (this.failure !== null) throw streamFailure(this.#message, this.failure);
    throw new StreamClosed();
  }

  override drop(): void {
    this.dropped = true;
    this.#piece = new Uint8Array(0);
  }

  /** No more of it is wanted. */
  giveUp(): void {
    if (this.#call !== null) this.#calls.forget(this.#call);
    if (this.#stream !== null) this.#calls.abandon(this.#stream);
    this.#call = null;
    this.#stream = null;
    this.#deadline = null;
    this.#piece = new Uint8Array(0);
  }
}
