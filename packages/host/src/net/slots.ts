/** Job: so many requests at one time, the others in line. Never: know what a request is. */
import { HttpFailure } from "./failure.ts";

export class Slots {
  #free: number;
  readonly #maxWaiting: number;
  readonly #line: (() => void)[] = [];

  constructor(parallel: number, maxWaiting: number) {
    this.#free = parallel;
    this.#maxWaiting = maxWaiting;
  }

  /** A slot, sooner or later; the answer gives it back, once. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#line.shift();
      if (next === undefined) this.#free++;
      else next();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#line.length >= this.#maxWaiting)
      throw new HttpFailure("too_large", `more than ${this.#maxWaiting} requests wait for their turn`);
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const abort = () => {
        this.#line.splice(this.#line.indexOf(turn), 1);
        reject(signal.reason as Error);
      };
      this.#line.push(turn);
      signal.addEventListener("abort", abort, { once: true });
    });
  }
}
