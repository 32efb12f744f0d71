/**
 * Job: the host's side of one worker thread: start it, give it one run at a time, answer its calls, end it.
 * Never: choose which run comes next (see pool.ts).
 */
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Denial } from "../wasi/config.ts";
import {
  type Ending,
  type HostCall,
  type HostReply,
  type ReplyMessage,
  type RunMessage,
  sharedBytes,
  type ThreadData,
  type Usage,
  Word,
  type WorkerMessage,
} from "./protocol.ts";

/** One run, without what the thread adds. */
export type Job = Omit<RunMessage, "kind" | "id">;

/** What the host does for a run while it runs. Nothing here may throw for what a guest does. */
export interface JobHost {
  /** The guest is held back while the promise is pending. */
  output?(stream: 1 | 2, bytes: Uint8Array): void | Promise<void>;
  denied?(denial: Denial): void;
  /** `signal` is aborted when the run ends, however it ends. */
  call?(call: HostCall, signal: AbortSignal): Promise<HostReply>;
}

export interface ThreadResult {
  readonly ending: Ending;
  readonly usage: Usage;
  /** The thread may be used again. */
  readonly clean: boolean;
}

/** In MiB; linear memory is not in it. */
export interface ThreadLimits {
  readonly heap: number;
  readonly stack: number;
}

export const defaultThreadLimits: ThreadLimits = { heap: 128, stack: 4 };

/** `terminate` returns within milliseconds; a thread that does not is given up, and counted. */
const mostTerminateMs = 2_000;

interface Running {
  readonly id: number;
  readonly host: JobHost;
  /** Of the calls that the run has made; made for the first, because most runs make none. */
  calls: AbortController | null;
  readonly finish: (result: ThreadResult) => void;
}

export class Thread {
  readonly #worker: Worker;
  readonly #replies: MessagePort;
  readonly #words: Int32Array<SharedArrayBuffer>;
  #running: Running | null = null;
  #runs = 0;
  #error: Error | null = null;
  /** Who waits for something of this thread: while somebody does, it keeps the process alive. */
  #waiting = 0;
  /** Resolves when the entry has been loaded, or when the thread has ended before that. */
  readonly loaded: Promise<void>;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
  isEnded = false;

  constructor(limits: ThreadLimits = defaultThreadLimits) {
    const { port1, port2 } = new MessageChannel();
    const shared = new SharedArrayBuffer(sharedBytes);
    // From the sources in a clone's tests, otherwise from the file that tools/bundle.ts has put beside this one's.
    const fromSource = import.meta.url.endsWith(".ts");
    const data: ThreadData = { replies: port2, shared };
    const codeCache = getCompileCacheDir();
    this.#words = new Int32Array(shared);
    this.#replies = port1;
    this.#worker = new Worker(new URL(fromSource ? "./inside/thread.ts" : "./thread.js", import.meta.url), {
      name: "capsule",
      workerData: data,
      transferList: [port2],
      // Nothing of the process is inherited: no environment, no options, no standard streams. What Node compiles for a thread
      // is kept where its program keeps its own.
      env: codeCache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(codeCache) },
      argv: [],
      execArgv: fromSource ? ["--conditions=capsule-source"] : [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: {
        maxOldGenerationSizeMb: limits.heap,
        maxYoungGenerationSizeMb: Math.max(1, Math.floor(limits.heap / 8)),
        stackSizeMb: limits.stack,
      },
    });
    // `stdout` and `stderr` of the thread are left unread: nobody writes there, and reading would keep the process alive.
    const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();
    const { promise: ended, resolve: isEnded } = Promise.withResolvers<void>();
    this.loaded = ready;
    this.ended = ended;
    this.#worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "ready") isReady();
      else this.#receive(message);
    });
    this.#worker.on("error", (error: Error) => {
      this.#error = error;
    });
    this.#worker.on("exit", (code) => {
      this.isEnded = true;
      this.#replies.close();
      this.#finish({ ending: this.#crash(code), usage: this.usage, clean: false });
      isReady();
      isEnded();
    });
    // An idle thread keeps no process alive. Last, because listening counts as a reason to live.
    this.#worker.unref();
  }

  /** As `loaded`, and keeps the process alive until then. */
  async ready(): Promise<void> {
    this.#hold();
    await this.loaded;
    this.#release();
  }

  /** Runs one job; resolves when the guest has ended or the thread has. Never rejects. */
  run(job: Job, host: JobHost): Promise<ThreadResult> {
    if (this.#running !== null) throw new TypeError("a thread runs one job at a time");
    const { promise, resolve } = Promise.withResolvers<ThreadResult>();
    const id = ++this.#runs;
    this.#running = { id, host, calls: null, finish: resolve };
    if (this.isEnded) {
      this.#hold();
      this.#finish({ ending: this.#crash(null), usage: { fuelConsumed: 0n, memoryPeak: 0 }, clean: false });
      return promise;
    }
    // What readers of an earlier run have not taken is that run's: it holds nobody else back.
    this.#words.fill(0, Word.Unread);
    this.#hold();
    const message: RunMessage = { ...job, kind: "run", id };
    try {
      this.#worker.postMessage(message);
    } catch (error) {
      const failed: Ending = { kind: "failed", code: "internal_error", message: `the run cannot be posted: ${error}` };
      this.#finish({ ending: failed, usage: this.usage, clean: false });
    }
    return promise;
  }

  /** What is known of the running guest: as of the last time that it reached the host. */
  get usage(): Usage {
    const low = BigInt.asUintN(32, BigInt(Atomics.load(this.#words, Word.Fuel)));
    const high = BigInt.asUintN(32, BigInt(Atomics.load(this.#words, Word.Fuel + 1)));
    return { fuelConsumed: (high << 32n) | low, memoryPeak: Atomics.load(this.#words, Word.Pages) * 65_536 };
  }

  /** Ends the thread, whatever the guest does; true: it has ended, false: it did not within two seconds. */
  async terminate(): Promise<boolean> {
    // The exit of a thread that was told to end is not an error of its run: whoever terminates has the ending.
    void this.#worker.terminate();
    this.#hold();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, mostTerminateMs);
    });
    await Promise.race([this.ended, late]);
    clearTimeout(timer);
    this.#release();
    return this.isEnded;
  }

  #hold(): void {
    if (this.#waiting++ === 0) this.#worker.ref();
  }

  #release(): void {
    if (--this.#waiting === 0) this.#worker.unref();
  }

  #receive(message: Exclude<WorkerMessage, { kind: "ready" }>): void {
    const running = this.#running;
    if (running === null || message.id !== running.id) return;
    switch (message.kind) {
      case "output": {
        const { cost } = message;
        let taken: Promise<void> | null = null;
        try {
          taken = running.host.output?.(message.stream, message.bytes) ?? null;
        } finally {
          // A reader that throws surfaces in its own program; the guest goes on.
          const release = () => this.#taken(running, cost);
          if (taken === null) release();
          else taken.then(release, release);
        }
        return;
      }
      case "denied":
        this.#taken(running, message.cost);
        running.host.denied?.(message.denial);
        return;
      case "call":
        this.#taken(running, message.cost);
        void this.#answer(running, message.seq, message.call);
        return;
      case "done":
        this.#finish(message);
    }
  }

  /** Tells the guest's side that the host has taken so much. */
  #taken(by: Running, cost: number): void {
    if (this.#running !== by) return;
    Atomics.sub(this.#words, Word.Unread, cost);
    Atomics.notify(this.#words, Word.Unread);
  }

  async #answer(running: Running, seq: number, call: HostCall): Promise<void> {
    running.calls ??= new AbortController();
    const { signal } = running.calls;
    let reply: HostReply;
    try {
      if (running.host.call === undefined) reply = refusal(call, "nothing answers this call here");
      else reply = await running.host.call(call, signal);
    } catch (error) {
      reply = refusal(call, error instanceof Error ? error.message : String(error));
    }
    if (signal.aborted) return;
    const message: ReplyMessage = { seq, reply };
    this.#replies.postMessage(message);
    Atomics.add(this.#words, Word.Replies, 1);
    Atomics.notify(this.#words, Word.Replies);
  }

  #finish(result: ThreadResult): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    this.#release();
    running.calls?.abort();
    running.finish({ ending: result.ending, usage: result.usage, clean: result.clean });
  }

  #crash(code: number | null): Ending {
    if ((this.#error as NodeJS.ErrnoException | null)?.code === "ERR_WORKER_OUT_OF_MEMORY") {
      return {
        kind: "out_of_memory",
        message: "the thread's own heap is full: the program made too many host objects",
      };
    }
    const why = this.#error === null ? `with code ${code}` : `: ${this.#error.message}`;
    return { kind: "failed", code: "internal_error", message: `the worker thread ended ${why}` };
  }
}

function refusal(call: HostCall, message: string): HostReply {
  switch (call.kind) {
    case "http":
    case "body":
      return { ok: false, code: "network", message };
    case "input":
      return { ok: false, message };
    case "task":
      return { ok: false, code: "internal", message };
  }
}
