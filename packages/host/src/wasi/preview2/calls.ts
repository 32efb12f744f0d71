/** Job: calls of the host under way and their replies, so that several can be waited for. Never: know what is asked. */
import type { HttpBodyRequest, HttpFailed, HttpHead, HttpPiece, HttpRequest, HttpService } from "./services.ts";

export type Reply = HttpHead | HttpPiece | HttpFailed;

export class HostCalls {
  readonly #service: HttpService;
  /** Replies that were taken from the service and not yet by who asked. */
  readonly #replies = new Map<number, Reply>();
  /** Calls that nobody waits for any more. */
  readonly #forgotten = new Set<number>();
  /** Streamed bodies to give up as soon as there is room for the call. */
  readonly #unwanted: number[] = [];
  #underWay = 0;

  constructor(service: HttpService) {
    this.#service = service;
  }

  /** Null: as many as may be are under way. */
  start(call: HttpRequest | HttpBodyRequest): number | null {
    const id = this.#service.start(call);
    if (id !== null) this.#underWay += 1;
    return id;
  }

  /** The reply, once. */
  take(id: number): Reply | undefined {
    const reply = this.#replies.get(id);
    this.#replies.delete(id);
    return reply;
  }

  /** Fetches what has arrived. */
  collect(): void {
    this.#fetch(0);
  }

  /** Waits so long for a reply, then fetches; false: there was none, or none can come. */
  wait(milliseconds: number | null): boolean {
    if (milliseconds === null && this.#underWay === 0) return false;
    return this.#fetch(milliseconds);
  }

  #fetch(milliseconds: number | null): boolean {
    if (this.#underWay === 0 && milliseconds === 0) return false;
    const arrived = this.#service.arrived(milliseconds);
    for (const id of arrived) {
      const reply = this.#service.take(id);
      this.#underWay -= 1;
      if (this.#forgotten.delete(id)) this.#drop(reply);
      else this.#replies.set(id, reply);
    }
    this.#giveUp();
    return arrived.length > 0;
  }

  /** Asks and waits for that reply alone. */
  call(call: HttpRequest): Reply {
    let id = this.start(call);
    while (id === null) {
      this.wait(null);
      id = this.start(call);
    }
    this.#underWay -= 1;
    return this.#service.take(id);
  }

  /** Its reply is of no interest. */
  forget(id: number): void {
    const reply = this.take(id);
    if (reply === undefined) this.#forgotten.add(id);
    else this.#drop(reply);
  }

  #drop(reply: Reply): void {
    if (reply.ok && "stream" in reply && reply.stream !== undefined) this.abandon(reply.stream);
  }

  /** Tells the host to close a body. */
  abandon(stream: number): void {
    this.#unwanted.push(stream);
    this.#giveUp();
  }

  #giveUp(): void {
    for (;;) {
      const stream = this.#unwanted.at(-1);
      if (stream === undefined) return;
      const id = this.start({ kind: "body", stream, giveUp: true });
      if (id === null) return;
      this.#unwanted.pop();
      this.#forgotten.add(id);
    }
  }
}
