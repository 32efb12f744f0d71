/** Job: count what a whole run (a first task and all that it calls) uses, and say when a limit is reached. Never: limit a single task (that is its policy). */
import type { RunLimits } from "../policy/limits.ts";
import { formatSize } from "../policy/quantities.ts";

export class RunBudget {
  readonly limits: RunLimits;
  #fuel = 0n;
  #tasks = 0;
  #liveTasks = 0;
  #liveMemory = 0;

  constructor(limits: RunLimits) {
    this.limits = limits;
  }

  get fuelLeft(): bigint {
    const left = this.limits.totalFuel - this.#fuel;
    return left > 0n ? left : 0n;
  }

  spend(fuel: bigint): void {
    this.#fuel += fuel;
  }

  /** Counts a task that is about to be queued; a text when it may not be. */
  admit(depth: number): string | undefined {
    const { tasks, depth: deepest } = this.limits;
    if (depth > deepest) return `tasks are nested more than ${deepest} deep ([limits] depth)`;
    if (this.#tasks >= tasks) return `the run has started its ${tasks} tasks already ([limits] tasks)`;
    this.#tasks += 1;
    return undefined;
  }

  /** Counts a task that is about to run; a text when it may not. */
  start(memoryBytes: number): string | undefined {
    const { liveTasks, liveMemoryBytes } = this.limits;
    if (this.#liveTasks >= liveTasks) return `${liveTasks} tasks of the run are alive already ([limits] live_tasks)`;
    if (this.#liveMemory + memoryBytes > liveMemoryBytes) {
      return `the tasks that are alive may use ${formatSize(liveMemoryBytes)} together ([limits] live_memory)`;
    }
    this.#liveTasks += 1;
    this.#liveMemory += memoryBytes;
    return undefined;
  }

  end(memoryBytes: number): void {
    this.#liveTasks -= 1;
    this.#liveMemory -= memoryBytes;
  }
}
