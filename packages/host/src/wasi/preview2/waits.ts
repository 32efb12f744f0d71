/** Job: wait until one of several things is there: an instant of the guest's clock, an answer of the host. Never: do what becomes possible then. */

import { trap } from "../../component/errors.ts";
import type { Kernel } from "../kernel.ts";
import type { HostCalls } from "./calls.ts";

/** What a pollable stands for. */
export interface Source {
  /** Whether it is there; never waits. Asked after `HostCalls.collect`. */
  ready(): boolean;
  /** The instant (of the monotonic clock) at which it is there by itself. */
  readonly deadline: bigint | null;
  /** Whether an answer of the host can make it ready. */
  readonly answered: boolean;
}

/** Files, standard streams, whatever ended: reading one may still wait, as it may for a program outside. */
export const always: Source = { ready: () => true, deadline: null, answered: false };

/** Fits the timers below. */
const longestMs = 3_600_000;

export class Waits {
  readonly #kernel: Kernel;
  readonly #calls: HostCalls;

  constructor(kernel: Kernel, calls: HostCalls) {
    this.#kernel = kernel;
    this.#calls = calls;
  }

  isReady(source: Source): boolean {
    if (source.answered) this.#calls.collect();
    return source.ready();
  }

  /** The indices of those that are there; at least one. */
  until(sources: readonly Source[]): number[] {
    const answered = sources.some((source) => source.answered);
    for (;;) {
      if (answered) this.#calls.collect();
      const ready: number[] = [];
      let deadline: bigint | null = null;
      sources.forEach((source, index) => {
        if (source.ready()) ready.push(index);
        else if (source.deadline !== null && (deadline === null || source.deadline < deadline))
          deadline = source.deadline;
      });
      if (ready.length > 0) return ready;
      this.#wait(deadline, answered);
    }
  }

  /** Blocks until `source` is there. */
  for(source: Source): void {
    this.until([source]);
  }

  #wait(deadline: bigint | null, answered: boolean): void {
    const { clock } = this.#kernel;
    const left = deadline === null ? null : deadline - clock.monotonic();
    if (left !== null && left <= 0n) return;
    if (!answered) {
      if (left === null) trap("the program waits for what can never happen");
      this.#kernel.sleep(left);
      return;
    }
    const milliseconds = left === null ? null : Math.min(Math.ceil(Number(left) / 1e6), longestMs);
    const arrived = this.#calls.wait(milliseconds);
    if (arrived) return;
    if (left === null) trap("the program waits for what can never happen: a request whose body is not finished");
    // Virtual time does not pass by itself.
    if (milliseconds !== longestMs) clock.skip?.(left);
  }
}
