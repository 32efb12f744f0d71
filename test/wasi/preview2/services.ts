/** Job: what preview2 asks of its thread, for tests: nothing at all, or HTTP that answers what a test says. Never: a network. */
import type {
  HttpBodyRequest,
  HttpFailed,
  HttpHead,
  HttpPiece,
  HttpRequest,
  HttpService,
  Preview2Services,
} from "../../../packages/host/src/wasi/preview2.ts";

/** For guests that ask for files only. */
export const noServices: Preview2Services = {
  http: { start: () => null, arrived: () => [], take: () => ({ ok: false, code: "denied", message: "no HTTP here" }) },
  runTask: () => ({ ok: false, code: "invalid-name", message: "no tasks here" }),
};

type Reply = HttpHead | HttpPiece | HttpFailed;

/** Answers arrive when the test says so: each waiting lets the oldest one in. */
export class FakeHttp implements HttpService {
  readonly asked: (HttpRequest | HttpBodyRequest)[] = [];
  /** What is answered; null: never. */
  readonly answer: (call: HttpRequest | HttpBodyRequest) => Reply | null;
  /** How long each waiting was allowed to take. */
  readonly waits: (number | null)[] = [];
  most = 64;
  /** Answers are there at once. */
  eager = false;
  #last = 0;
  readonly #underWay = new Map<number, Reply | null>();
  readonly #there = new Set<number>();

  constructor(answer: (call: HttpRequest | HttpBodyRequest) => Reply | null) {
    this.answer = answer;
  }

  get pending(): number {
    return this.#underWay.size;
  }

  start(call: HttpRequest | HttpBodyRequest): number | null {
    if (this.#underWay.size >= this.most) return null;
    this.asked.push(call);
    this.#last += 1;
    this.#underWay.set(this.#last, this.answer(call));
    return this.#last;
  }

  arrived(milliseconds: number | null): readonly number[] {
    if (this.eager) for (const [id, reply] of this.#underWay) if (reply !== null) this.#there.add(id);
    if (milliseconds !== 0 && this.#there.size === 0) {
      this.waits.push(milliseconds);
      for (const [id, reply] of this.#underWay)
        if (reply !== null) {
          this.#there.add(id);
          break;
        }
      if (milliseconds === null && this.#there.size === 0) throw new Error("the test would wait for ever");
    }
    return [...this.#there];
  }

  take(id: number): Reply {
    const reply = this.#underWay.get(id);
    if (reply === undefined || reply === null) throw new Error(`there is no answer to call ${id}`);
    this.#underWay.delete(id);
    this.#there.delete(id);
    return reply;
  }
}
