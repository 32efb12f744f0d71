/** Job: one line that says what takes so long, on a terminal only, gone when it is over. Never: anything in a pipe. */
import { duration } from "../render/figures.ts";
import type { Output } from "./output.ts";

export class ProgressLine implements Disposable {
  readonly #output: Output;
  #step = "";
  #fraction: number | null = null;
  #begin = 0;
  #shown = false;
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Drawn at once: the step may keep this thread from drawing anything later. */
  update(step: string, fraction: number | null): void {
    if (!this.#output.isTerminal || this.#isOver) return;
    if (this.#timer === null) {
      this.#begin = performance.now();
      this.#timer = setInterval(() => this.#draw(), 200).unref();
    }
    this.#step = step;
    this.#fraction = fraction;
    this.#draw();
  }

  /** Before anything else is written. */
  clear(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (this.#shown) this.#output.eraseLine();
    this.#shown = false;
  }

  /** For good: a step that began before Ctrl-C goes on for a moment, and would leave its line on the screen. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.clear();
  }

  #draw(): void {
    const part = this.#fraction === null ? "" : ` ${Math.round(this.#fraction * 100)} %`;
    const elapsed = duration(performance.now() - this.#begin);
    this.#output.eraseLine();
    this.#output.write(this.#output.style("dim", `${this.#step} …${part} ${elapsed}`));
    this.#shown = true;
  }
}
