/**
 * Job: what a whole run (a first task and all that it calls) uses: counts it, makes tasks wait for room, and refuses
 * what can never get any.
 * Never: limit a single task (that is its policy).
 *
 * A task waits while other tasks of the run are alive that will end by themselves. When all that are alive wait for tasks
 * that they have called, nothing would ever make room: then the task that asks is refused, and its caller hears why.
 */
import type { RunLimits } from "../policy/limits.ts";
import { formatSize } from "../policy/quantities.ts";

/** What a live task holds; given back when it ends. */
export interface Share {
  readonly memoryBytes: number;
  /** The most that it may burn. */
  readonly fuel: bigint;
}

interface Waiting {
  readonly memoryBytes: number;
  readonly answer: (refusal: string | undefined) => void;
}

export class RunBudget {
  readonly #limits: RunLimits;
  /** Burnt, or promised to a live task. */
  #fuel = 0n;
  #tasks = 0;
  #liveTasks = 0;
  #liveMemory = 0;
  /** Live tasks that wait for a task that they have called. */
  #blocked = 0;
  readonly #waiting: Waiting[] = [];

  constructor(limits: RunLimits) {
    this.#limits = limits;
  }

  /** Counts one more task at this depth; a text when there may not be one. */
  admit(depth: number): string | undefined {
    const { tasks, depth: deepest } = this.#limits;
    if (depth > deepest) return `tasks may be nested ${deepest} deep (max_depth of the limits)`;
    if (this.#tasks >= tasks) return `the run has started its ${tasks} tasks already (max_tasks of the limits)`;
    this.#tasks += 1;
    return undefined;
  }

  /**
   * Waits until a task of this size may be alive. Its share has at most `fuel`, less where the run has less left; a text
   * when it can not, null when `signal` was aborted before.
   */
  async enter(memoryBytes: number, fuel: bigint, signal: AbortSignal): Promise<Share | string | null> {
    if (signal.aborted) return null;
    if (this.#waiting.length > 0 || this.#lack(memoryBytes) !== undefined) {
      const answer = await this.#wait(memoryBytes, signal);
      if (answer !== undefined) return answer;
    } else this.#take(memoryBytes);
    const left = this.#limits.totalFuel - this.#fuel;
    const granted = fuel < left ? fuel : left;
    this.#fuel += granted;
    return { memoryBytes, fuel: granted };
  }

  /** Gives a share back; `burnt` of its fuel is gone. */
  leave(share: Share, burnt: bigint): void {
    this.#fuel -= share.fuel - burnt;
    this.#liveTasks -= 1;
    this.#liveMemory -= share.memoryBytes;
    this.#settle();
  }

  /** A live task begins (1) or ceases (−1) to wait for tasks that it has called. */
  block(change: 1 | -1): void {
    this.#blocked += change;
    this.#settle();
  }

  #wait(memoryBytes: number, signal: AbortSignal): Promise<string | null | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | null | undefined>();
    const abort = () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      resolve(null);
      this.#settle();
    };
    const waiting: Waiting = {
      memoryBytes,
      answer: (refusal) => {
        signal.removeEventListener("abort", abort);
        resolve(refusal);
      },
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#waiting.push(waiting);
    this.#settle();
    return promise;
  }

  /** Lets in whom there is room for, in order; refuses the first one while nothing can make room. */
  #settle(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const lack = this.#lack(next.memoryBytes);
      if (lack !== undefined && this.#liveTasks > this.#blocked) return;
      this.#waiting.shift();
      if (lack === undefined) this.#take(next.memoryBytes);
      next.answer(lack);
    }
  }

  #take(memoryBytes: number): void {
    this.#liveTasks += 1;
    this.#liveMemory += memoryBytes;
  }

  #lack(memoryBytes: number): string | undefined {
    const { liveTasks, liveMemoryBytes } = this.#limits;
    if (this.#liveTasks >= liveTasks)
      return `${liveTasks} tasks of the run are alive already (max_live_tasks of the limits)`;
    if (this.#liveMemory + memoryBytes <= liveMemoryBytes) return undefined;
    return `the live tasks of a run may have ${formatSize(liveMemoryBytes)} together (live_ram of the limits)`;
  }
}
