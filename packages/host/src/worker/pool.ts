/**
 * Job: run jobs on worker threads: at most so many at once, fairly among their owners, each ended at its deadline or
 * abort; a warm thread waits for the next one, and a thread whose guest trapped is thrown away.
 * Never: know engines, policies or envelopes; change the process (handlers, environment, exit).
 */
import { availableParallelism } from "node:os";
import { CapsuleError } from "../errors.ts";
import type { Ending, HostCall, Usage } from "./protocol.ts";
import { defaultThreadLimits, type Job, type JobHost, Thread, type ThreadLimits } from "./thread.ts";

export interface PoolOptions {
  /** Jobs that run at once, those that wait for a sub-task not counted. Default: the processors of this machine. */
  readonly threads?: number;
  /** Idle threads kept warm. Default 1. */
  readonly spare?: number;
  /** Jobs that may wait for a thread. Default 10,000. */
  readonly maxQueue?: number;
  readonly limits?: ThreadLimits;
}

export interface JobOptions {
  /** Jobs of one owner wait behind each other; owners take turns. */
  readonly owner?: string;
  readonly signal?: AbortSignal | undefined;
  /** From the start of the job, not from its queueing. */
  readonly timeoutMs?: number | null;
  /** Called when a thread takes the job. */
  readonly started?: () => void;
}

export interface JobResult {
  readonly ending: Ending | { readonly kind: "timeout" } | { readonly kind: "cancelled" };
  /** Of a run that was terminated: as of its last host call. */
  readonly usage: Usage;
  readonly durationMs: number;
}

/** What is alive now: for tests, `doctor` and events. */
export interface PoolState {
  readonly running: number;
  readonly idle: number;
  readonly starting: number;
  readonly queued: number;
  /** Threads that did not end when told to. */
  readonly lost: number;
}

type Waiting = (thread: Thread) => void;

/** A thread whose guest used more than this is not kept: its memory is freed with it, not some time later. */
const keptMemory = 128 * 1024 * 1024;

/** Longer than a short command lives: a thread that nobody will use costs it as much as its own. */
const refillMs = 250;

/** After so many threads that would not end, no more are started. */
const mostLost = 4;

export class Pool implements AsyncDisposable {
  readonly #most: number;
  readonly #spare: number;
  readonly #maxQueue: number;
  readonly #limits: ThreadLimits;
  readonly #idle: Thread[] = [];
  readonly #busy = new Set<Thread>();
  readonly #starting = new Set<Thread>();
  readonly #dying = new Set<Promise<void>>();
  readonly #runs = new Set<Promise<JobResult>>();
  /** One queue for each owner; the map's order is whose turn it is. */
  readonly #queues = new Map<string, Waiting[]>();
  #queued = 0;
  #lost = 0;
  /** Running jobs that wait for a sub-task: each lends its place to another. */
  #blocked = 0;
  #refilling: NodeJS.Timeout | null = null;
  readonly #closing = new AbortController();

  constructor(options: PoolOptions = {}) {
    this.#most = natural("pool.threads", options.threads ?? availableParallelism(), 1);
    this.#spare = natural("pool.spare", options.spare ?? 1, 0);
    this.#maxQueue = natural("pool.maxQueue", options.maxQueue ?? 10_000, 0);
    this.#limits = options.limits ?? defaultThreadLimits;
  }

  get state(): PoolState {
    return {
      running: this.#busy.size,
      idle: this.#idle.length,
      starting: this.#starting.size,
      queued: this.#queued,
      lost: this.#lost,
    };
  }

  /** Starts the spare threads ahead of the first job. */
  async warm(): Promise<void> {
    this.#refill();
    await Promise.all([...this.#starting].map((thread) => thread.ready()));
  }

  /**
   * Runs one job in a fresh instance.
   * @throws CapsuleError when the pool is closed or its queue is full; what a guest does never throws.
   */
  async run(job: Job, host: JobHost, options: JobOptions = {}): Promise<JobResult> {
    const signal =
      options.signal === undefined ? this.#closing.signal : AbortSignal.any([options.signal, this.#closing.signal]);
    if (this.#closing.signal.aborted) throw new CapsuleError("usage", "the pool is closed; open a new one");
    if (this.#lost >= mostLost) {
      throw new CapsuleError("internal_error", `${this.#lost} threads did not end when told to; restart the process`);
    }
    if (signal.aborted) return cancelled;
    const thread = await this.#acquire(options.owner ?? "", signal);
    if (thread === null) return cancelled;
    const running = this.#execute(thread, job, host, options, signal);
    this.#runs.add(running);
    return running.finally(() => this.#runs.delete(running));
  }

  /** Cancels everything, and resolves when every thread has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const thread of [...this.#idle, ...this.#starting]) this.#retire(thread);
    this.#idle.length = 0;
    await Promise.allSettled(this.#runs);
    await Promise.allSettled(this.#dying);
  }

  async #execute(
    thread: Thread,
    job: Job,
    host: JobHost,
    options: JobOptions,
    signal: AbortSignal,
  ): Promise<JobResult> {
    const { promise: stopped, resolve: stop } = Promise.withResolvers<"timeout" | "cancelled">();
    const onAbort = () => stop("cancelled");
    signal.addEventListener("abort", onAbort, { once: true });
    // The time that a new thread needs to load is not the program's.
    await Promise.race([thread.ready(), stopped]);
    if (signal.aborted) {
      await this.#retire(thread);
      return cancelled;
    }
    options.started?.();
    const began = performance.now();
    const timer = deadline(options.timeoutMs ?? null, () => stop("timeout"));
    let blocked = 0;
    const lending: JobHost = {
      ...host,
      call: async (call: HostCall, ended: AbortSignal) => {
        if (host.call === undefined)
          throw new CapsuleError("internal_error", `nothing answers ${call.kind} calls here`);
        if (call.kind !== "task") return host.call(call, ended);
        if (blocked++ === 0) this.#lend(1);
        try {
          return await host.call(call, ended);
        } finally {
          if (--blocked === 0) this.#lend(-1);
        }
      },
    };
    const result = await Promise.race([thread.run(job, lending), stopped]);
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
    if (typeof result === "string") {
      const { usage } = thread;
      await this.#retire(thread);
      return { ending: { kind: result }, usage, durationMs: performance.now() - began };
    }
    const durationMs = performance.now() - began;
    if (result.clean && result.usage.memoryPeak <= keptMemory && !this.#closing.signal.aborted) this.#release(thread);
    else void this.#retire(thread);
    return { ending: result.ending, usage: result.usage, durationMs };
  }

  /** Resolves to null when the signal was aborted while the job was waiting. */
  #acquire(owner: string, signal: AbortSignal): Promise<Thread | null> {
    if (this.#queued >= this.#maxQueue && !this.#hasPlace()) {
      throw new CapsuleError("usage", `the pool's queue is full (maxQueue is ${this.#maxQueue}); wait for runs to end`);
    }
    const { promise, resolve } = Promise.withResolvers<Thread | null>();
    const cancel = () => {
      const queue = this.#queues.get(owner);
      const at = queue?.indexOf(waiting) ?? -1;
      if (queue === undefined || at < 0) return;
      queue.splice(at, 1);
      if (queue.length === 0) this.#queues.delete(owner);
      this.#queued -= 1;
      resolve(null);
    };
    const waiting: Waiting = (thread) => {
      signal.removeEventListener("abort", cancel);
      resolve(thread);
    };
    signal.addEventListener("abort", cancel, { once: true });
    const queue = this.#queues.get(owner);
    if (queue === undefined) this.#queues.set(owner, [waiting]);
    else queue.push(waiting);
    this.#queued += 1;
    this.#dispatch();
    return promise;
  }

  #hasPlace(): boolean {
    return this.#busy.size < this.#most + this.#blocked;
  }

  /** Gives waiting jobs to threads while there is place; a thread that is still starting takes its job already. */
  #dispatch(): void {
    while (this.#queued > 0 && this.#hasPlace() && !this.#closing.signal.aborted) {
      const [owner, queue] = this.#queues.entries().next().value!;
      const next = queue.shift()!;
      this.#queues.delete(owner);
      if (queue.length > 0) this.#queues.set(owner, queue);
      this.#queued -= 1;
      // The one that is idle longest: others may still be putting an image back.
      const thread = this.#idle.shift() ?? this.#takeStarting() ?? this.#spawn();
      this.#starting.delete(thread);
      this.#busy.add(thread);
      next(thread);
    }
    // Not at once: a new thread would take the processor from the job that has just begun.
    this.#refilling ??= setTimeout(() => {
      this.#refilling = null;
      this.#refill();
    }, refillMs).unref();
  }

  #takeStarting(): Thread | undefined {
    return this.#starting.values().next().value;
  }

  #spawn(): Thread {
    const thread = new Thread(this.#limits);
    this.#starting.add(thread);
    void thread.loaded.then(() => {
      if (!this.#starting.delete(thread) || thread.isEnded) return;
      this.#idle.push(thread);
    });
    // A thread that ends by itself between two runs is not given to the next one.
    void thread.ended.then(() => {
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    return thread;
  }

  /**
   * Keeps `spare` threads ready beside the busy ones, but not more threads than can be used. Who calls tasks often calls them
   * one after the other: with one more, a thread puts its image back while the next task runs.
   */
  #refill(): void {
    if (this.#closing.signal.aborted) return;
    const useful = Math.max(0, this.#most + this.#blocked - this.#busy.size);
    const spare = this.#spare === 0 || this.#blocked === 0 ? this.#spare : this.#spare + 1;
    const wanted = Math.min(spare, useful) - this.#idle.length - this.#starting.size;
    for (let count = 0; count < wanted; count++) this.#spawn();
  }

  #release(thread: Thread): void {
    this.#busy.delete(thread);
    this.#idle.push(thread);
    this.#dispatch();
    // One more than jobs at once: a run that calls tasks had one beside those that `refill` keeps for them, and its next
    // run would start and warm another one.
    while (this.#idle.length > Math.max(this.#spare, this.#most) + 1) void this.#retire(this.#idle.shift()!);
  }

  #retire(thread: Thread): Promise<void> {
    const dying = thread.terminate().then((ended) => {
      if (!ended) {
        this.#lost += 1;
        // One large operation of the guest's, such as a fill of gigabytes, is not interrupted, but it comes to its end.
        void thread.ended.then(() => {
          this.#lost -= 1;
        });
      }
      this.#busy.delete(thread);
      this.#starting.delete(thread);
      this.#dying.delete(dying);
      this.#dispatch();
    });
    this.#dying.add(dying);
    return dying;
  }

  #lend(places: number): void {
    this.#blocked += places;
    this.#dispatch();
  }
}

const cancelled: JobResult = {
  ending: { kind: "cancelled" },
  usage: { fuelConsumed: 0n, memoryPeak: 0 },
  durationMs: 0,
};

/** `setTimeout` takes at most 2^31 − 1 ms and takes more for 1 ms. */
function deadline(timeoutMs: number | null, onTime: () => void): NodeJS.Timeout | undefined {
  if (timeoutMs === null) return undefined;
  return setTimeout(onTime, Math.min(Math.max(1, timeoutMs), 2_147_483_647));
}

function natural(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new CapsuleError("usage", `${name} is ${value}; it takes a whole number from ${least} up`);
}
