/** Job: the resource future-incoming-response: a request that waits for its body, for room, or for its answer. Never: check the request. */

import type { Context } from "../context.ts";
import { err, ok, type Result } from "../context.ts";
import type { HttpRequest } from "../services.ts";
import type { Source } from "../waits.ts";
import { type ErrorCode, errorCodeOf } from "./errors.ts";
import { Fields } from "./fields.ts";
import { IncomingResponse } from "./incoming.ts";
import type { OutgoingBody, RequestOptions } from "./outgoing.ts";

export class FutureResponse {
  readonly #context: Context;
  readonly #request: Omit<HttpRequest, "body">;
  readonly #options: RequestOptions | null;
  /** What is still here of the body; null: there is none, or it has been sent. */
  #body: OutgoingBody | null;
  #call: number | null = null;
  #deadline: bigint | null = null;
  #answer: IncomingResponse | ErrorCode | null = null;
  #taken = false;
  readonly source: Source;

  constructor(
    context: Context,
    request: Omit<HttpRequest, "body">,
    body: OutgoingBody | null,
    options: RequestOptions | null,
  ) {
    this.#context = context;
    this.#request = request;
    this.#body = body;
    this.#options = options;
    const self = { deadline: () => this.#deadline, answered: () => this.#isComing };
    this.source = {
      ready: () => this.#advance(),
      get answered() {
        return self.answered();
      },
      get deadline() {
        return self.deadline();
      },
    };
    if (body === null || body.state !== "open") this.#advance();
    else body.onEnd = () => this.#advance();
  }

  /** Only the guest itself can finish a body: until then the host has nothing to answer. */
  get #isComing(): boolean {
    return this.#body?.state !== "open";
  }

  /** Goes on as far as it can; whether the answer is there. */
  #advance(): boolean {
    if (this.#answer !== null || this.#taken) return true;
    if (this.#call === null && !this.#start()) return this.#answer !== null;
    const { calls, held, kernel } = this.#context;
    const now = () => kernel.clock.monotonic();
    const reply = calls.take(this.#call!);
    if (reply === undefined) {
      if (this.#deadline === null || now() < this.#deadline) return false;
      calls.forget(this.#call!);
      this.#answer = { tag: "HTTP-response-timeout" };
      return true;
    }
    this.#deadline = null;
    const between = this.#options?.betweenBytes ?? null;
    const nextDeadline = () => (between === null ? null : now() + between);
    if (!reply.ok) this.#answer = errorCodeOf(reply, "head");
    else if (!("status" in reply)) this.#answer = { tag: "internal-error", val: null };
    else if (Fields.fits(reply.headers)) this.#answer = new IncomingResponse(reply, calls, held, now, nextDeadline);
    else {
      // A server's doing: the guest hears of it and goes on.
      if (reply.stream !== undefined) calls.abandon(reply.stream);
      this.#answer = { tag: "HTTP-response-header-section-size", val: null };
    }
    return true;
  }

  /** False: the body is not finished, there is no room yet, or there is nothing to send. */
  #start(): boolean {
    const body = this.#body;
    if (body?.state === "open") return false;
    if (body?.state === "broken") {
      this.#answer = { tag: "internal-error", val: "the body of the request was not finished" };
      return false;
    }
    const { calls, kernel } = this.#context;
    // Kept until it is under way: a copy for each try would be one too many.
    this.#call = calls.start({ ...this.#request, body: body === null ? null : body.bytes });
    if (this.#call === null) return false;
    body?.free();
    this.#body = null;
    const { firstByte = null, connect = null } = this.#options ?? {};
    // The connection is not seen from here: the client bounds it.
    if (firstByte !== null) this.#deadline = kernel.clock.monotonic() + firstByte + (connect ?? 0n);
    return true;
  }

  /** `option<result<result<incoming-response, error-code>>>` */
  get(): Result | null {
    if (this.#taken) return err();
    this.#context.calls.collect();
    if (!this.#advance() || this.#answer === null) return null;
    const answer = this.#answer;
    this.#taken = true;
    this.#answer = null;
    return ok(answer instanceof IncomingResponse ? ok(answer) : err(answer));
  }

  drop(): void {
    if (this.#call !== null && this.#answer === null && !this.#taken) this.#context.calls.forget(this.#call);
    if (this.#answer instanceof IncomingResponse) this.#answer.drop();
    if (this.#body !== null) {
      const body = this.#body;
      body.onEnd = () => body.free();
      if (body.state !== "open") body.free();
    }
    this.#taken = true;
  }
}
