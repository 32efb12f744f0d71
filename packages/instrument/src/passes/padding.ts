/**
 * Job: say how many empty functions to append so that V8 inlines a metered module as freely as an unmetered one.
 * Never: anything that changes what a module does.
 *
 * V8 sizes its inlining budget by the share of functions whose body is smaller than 50 bytes: up to a quarter it lets a
 * function grow to twice its size, from a half on to five times (node 24 to 26; no effect on node 20). Metering pushes
 * bodies over 50 bytes and inlining stops: `fib` ran 3.2 times slower, 1.3 times with padding. The functions are never
 * called, and compiled lazily: two bytes of code each.
 *
 * Before:  (func $a …60 bytes…) (func $b …20 bytes…) (func $c …80 bytes…)
 * After:   the same and two of (func)
 *
 * This depends on one engine's detail: it is here and nowhere else, and the `overhead` benchmark measures it.
 */

const smallBody = 50;

/** Counts function bodies as they are written. */
export class InliningShare {
  #small = 0;
  #all = 0;

  count(bodySize: number): void {
    this.#all++;
    if (bodySize < smallBody) this.#small++;
  }

  /** Empty functions that bring the share of small ones to a half; at most `room`. */
  missing(room: number): number {
    return this.#all === 0 ? 0 : Math.max(0, Math.min(room, this.#all - 2 * this.#small + 1));
  }
}

/** No locals, `end`. */
export const emptyBody: readonly number[] = [0x00, 0x0b];
