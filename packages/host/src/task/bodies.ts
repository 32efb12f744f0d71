/** Job: the answers' bodies that one run is still reading: one piece for each ask, given up when the run ends. Never: read ahead. */
import type { HttpClient, HttpContext, HttpResponse } from "../net/client.ts";
import { failedReply } from "../net/failure.ts";
import type { BodyCall, BodyReply, HttpCall, HttpReply } from "../worker/protocol.ts";

export class Bodies {
  readonly #client: HttpClient;
  readonly #open = new Map<number, HttpResponse["body"]>();
  #last = 0;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  /** The head of the answer; its body stays open until it is read, given up, or `signal` ends the run. Never rejects. */
  async open(call: HttpCall, context: HttpContext): Promise<HttpReply> {
    try {
      const { body, ...head } = await this.#client.open(call, context);
      const stream = ++this.#last;
      this.#open.set(stream, body);
      context.signal?.addEventListener("abort", () => void this.#giveUp(stream), { once: true });
      return { ok: true, ...head, body: new Uint8Array(0), stream };
    } catch (error) {
      return failedReply(error);
    }
  }

  /** Never rejects. */
  async next({ stream, giveUp }: BodyCall): Promise<BodyReply> {
    const body = this.#open.get(stream);
    if (body === undefined) return { ok: true, bytes: new Uint8Array(0) };
    if (giveUp) {
      await this.#giveUp(stream);
      return { ok: true, bytes: new Uint8Array(0) };
    }
    try {
      for (;;) {
        const { done, value } = await body.next();
        if (done === true) {
          this.#open.delete(stream);
          return { ok: true, bytes: new Uint8Array(0) };
        }
        // An empty piece would mean the end. A copy: posting a view would post the whole buffer behind it.
        if (value.length > 0) return { ok: true, bytes: new Uint8Array(value) };
      }
    } catch (error) {
      this.#open.delete(stream);
      return failedReply(error);
    }
  }

  async #giveUp(stream: number): Promise<void> {
    const body = this.#open.get(stream);
    this.#open.delete(stream);
    await body?.return(undefined).catch(() => undefined);
  }
}
