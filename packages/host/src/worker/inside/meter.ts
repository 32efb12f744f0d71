/**
 * Job: one run's fuel counter, growth counter and growth limit: the globals that a metered module imports, and how much of the
 * budget is gone.
 * Never: decide what an empty counter means for the run (see verdict.ts).
 */
import { pageBytes } from "./memory.ts";

export class Meter {
  /** `"capsule" "fuel"`: counts down; out of fuel when `<= 0`. */
  readonly fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
  /** `"capsule" "refused"`: growths of a memory or a table that the limits refused. */
  readonly refused = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  /** `"capsule" "pages"`: what a memory may grow to, unsigned. */
  readonly pages = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  #budget = 0n;
  /** What was left when the run was stopped; null while it runs. */
  #left: bigint | null = null;

  /**
   * Starts (or starts again) counting against `budget`. An engine whose boot is not charged calls this once with a
   * budget for the boot, and again when the user's program begins. `spent` is taken off at once: what instantiation costs.
   */
  begin(budget: bigint, spent = 0n): void {
    if (this.#left !== null) return;
    this.#budget = budget;
    this.fuel.value = budget > spent ? budget - spent : 0n;
  }

  /** No memory grows beyond `bytes`, whatever maximum it was made with. */
  boundMemory(bytes: number): void {
    this.pages.value = Math.floor(bytes / pageBytes);
  }

  /** Keeps the remainder and empties the counter: the next check of the guest traps, whatever it catches. */
  stop(): void {
    this.#left ??= this.fuel.value as bigint;
    this.fuel.value = 0n;
  }

  /** For another run. */
  reset(): void {
    this.#budget = 0n;
    this.#left = null;
    this.fuel.value = 0n;
    this.refused.value = 0;
    this.pages.value = 0;
  }

  get stopped(): boolean {
    return this.#left !== null;
  }

  get remaining(): bigint {
    const left = this.#left ?? (this.fuel.value as bigint);
    return left > 0n ? left : 0n;
  }

  /** Whether the guest itself used up the budget; an emptying by `stop` does not count. */
  get exhausted(): boolean {
    return this.remaining === 0n;
  }

  /** Units used; the whole budget when it is exhausted, never more. */
  get consumed(): bigint {
    return this.#budget - this.remaining;
  }
}
