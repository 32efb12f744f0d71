/** Job: the same choices for the same seed, for ever. Never: randomness of the machine's. */

export class Choices {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** mulberry32 (Tommy Ettinger, public domain): 32 bits. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 … `below` − 1. */
  below(below: number): number {
    return this.#next() % below;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  u32(): number {
    return this.#next();
  }

  u64(): bigint {
    return (BigInt(this.#next()) << 32n) | BigInt(this.#next());
  }
}
