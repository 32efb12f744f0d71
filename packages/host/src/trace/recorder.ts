/**
 * Job: the events of runs → rows of the project's trace.db, in batches, beside the runs.
 * Never: fail or delay a run: what cannot be written is said once and dropped.
 */
import { moveAside, preparePlace } from "./place.ts";
import type { State, TraceRow } from "./row.ts";
import { isBusy, isDamaged, loadSqlite } from "./sqlite.ts";
import { TraceStore } from "./store.ts";

interface Head {
  readonly id: string;
  readonly parent: string | null;
  readonly task: string;
  readonly at: number;
}

interface Ended {
  readonly error: { readonly error_type: string; readonly message: string } | null;
  readonly execution: {
    readonly duration_ms: number;
    readonly retries: number;
    readonly fuel_consumed: bigint;
    readonly ram_used: number;
    readonly engine: { readonly name: string; readonly version: string };
    readonly host_requests: readonly unknown[];
  };
}

/** What a run tells, as far as it is recorded. */
export type TraceEvent =
  | (Head & { readonly kind: "queued"; readonly policy: { readonly fuel: bigint } })
  | (Head & { readonly kind: "started" })
  | (Head & { readonly kind: "completed" | "failed" | "timed_out" | "cancelled"; readonly envelope: Ended })
  | { readonly kind: "output" | "denied" | "request" | "retry" | "preparing" };

/** Whose runs they are. */
export interface TraceSubject {
  readonly agentName: string;
  readonly agentVersion: string;
  readonly file: string;
}

type Row = Omit<TraceRow, "owner">;

/** Long enough that a short run is one write, short enough that a kill loses little. */
const flushMs = 25;
const retryMs = 250;
const openPatienceMs = 50;
const heartbeatMs = 60_000;
const mostErrorLength = 2_000;

/** The recorder of one project. */
export class Recorder {
  readonly #root: string;
  readonly #isProject: boolean;
  readonly #onProblem: (message: string) => void;
  #store: TraceStore | null = null;
  /** Not recorded any more, or never. */
  #isOff = false;
  /** Runs that have not ended. */
  readonly #live = new Map<string, Row>();
  /** What is not written yet: the last state of each. */
  readonly #dirty = new Map<string, Row>();
  #timer: NodeJS.Timeout | null = null;
  #heartbeat: NodeJS.Timeout | null = null;

  constructor(root: string, isProject: boolean, onProblem: (message: string) => void) {
    this.#root = root;
    this.#isProject = isProject;
    this.#onProblem = onProblem;
  }

  record(event: TraceEvent, subject: TraceSubject): void {
    if (this.#isOff) return;
    const row = this.#next(event, subject);
    if (row !== null) this.#put(row);
  }

  /** Writes what is left; waits a second for other processes at most. */
  close(): void {
    for (const timer of [this.#timer, this.#heartbeat]) if (timer !== null) clearTimeout(timer);
    try {
      if (this.#dirty.size > 0 && !this.#isOff) this.#flush(1000);
    } finally {
      this.#isOff = true;
      this.#store?.[Symbol.dispose]();
      this.#store = null;
    }
  }

  /** What an event makes of its execution's row; null: nothing. */
  #next(event: TraceEvent, subject: TraceSubject): Row | null {
    switch (event.kind) {
      case "queued":
        return { ...this.#row(event, subject), fuel_limit: event.policy.fuel };
      case "started":
        return { ...this.#row(event, subject), state: "running" };
      case "completed":
      case "failed":
      case "timed_out":
        return ended(this.#row(event, subject), event.kind, event.envelope);
      case "cancelled":
        return ended(this.#row(event, subject), "interrupted", event.envelope);
      case "output":
      case "denied":
      case "request":
      case "retry":
      case "preparing":
        return null;
    }
  }

  #row(event: Head, subject: TraceSubject): Row {
    const known = this.#live.get(event.id);
    const at = BigInt(event.at);
    if (known !== undefined) return { ...known, updated_at: at };
    return {
      id: event.id,
      agent_name: subject.agentName,
      agent_version: subject.agentVersion,
      // A parent lives longer than its children: it is known as long as they are.
      task_id: event.parent === null ? event.id : (this.#live.get(event.parent)?.task_id ?? event.parent),
      task_name: event.task,
      state: "created",
      fuel_limit: null,
      fuel_consumed: 0n,
      ram_used: 0n,
      host_requests: "[]",
      created_at: at,
      updated_at: at,
      parent_id: event.parent,
      file: subject.file,
      engine: "",
      duration_ms: 0n,
      retries: 0n,
      error_type: null,
      error: null,
    };
  }

  #put(row: Row): void {
    if (row.state === "created" || row.state === "running") this.#live.set(row.id, row);
    else this.#live.delete(row.id);
    this.#dirty.set(row.id, row);
    this.#schedule(flushMs);
    // Only who cannot see this process needs it.
    this.#heartbeat ??= setInterval(() => this.#touch(), heartbeatMs).unref();
  }

  #touch(): void {
    const now = BigInt(Date.now());
    for (const [id, row] of this.#live) this.#dirty.set(id, { ...row, updated_at: now });
    if (this.#live.size > 0) this.#schedule(flushMs);
  }

  #schedule(delay: number): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#flush(0);
    }, delay);
    // A program that ends by itself right after its last run ends with that run written; it does not wait for somebody
    // else who has locked the file.
    if (delay === retryMs) this.#timer.unref();
  }

  /** `patience`: milliseconds to wait for another process's write; without, what is busy is tried again later. */
  #flush(patience: number): void {
    if (this.#isOff) return;
    try {
      this.#write(patience);
    } catch (error) {
      if (isBusy(error) && patience === 0) this.#schedule(retryMs);
      else this.#giveUp(error);
    }
  }

  #write(patience: number): void {
    this.#store ??= this.#open(Math.max(patience, openPatienceMs));
    if (this.#store === null) return;
    this.#store.wait(patience);
    this.#store.write(this.#dirty.values());
    this.#dirty.clear();
  }

  #open(patience: number): TraceStore | null {
    const sqlite = loadSqlite();
    if (sqlite === null) throw new Error("this Node was built without node:sqlite");
    const file = preparePlace(this.#root, this.#isProject);
    if (file === null) {
      this.#stop();
      return null;
    }
    try {
      return new TraceStore(sqlite, file, patience);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      const aside = moveAside(file);
      this.#onProblem(`${JSON.stringify(file)} was damaged; it is ${JSON.stringify(aside)} now, and a new one begins`);
      return new TraceStore(sqlite, file);
    }
  }

  #giveUp(error: unknown): void {
    this.#stop();
    const reason = error instanceof Error ? error.message : String(error);
    this.#onProblem(`runs are not recorded in ${JSON.stringify(this.#root)}: ${reason}`);
  }

  #stop(): void {
    this.#isOff = true;
    this.#dirty.clear();
    this.#live.clear();
  }
}

function ended(row: Row, state: State, { error, execution }: Ended): Row {
  return {
    ...row,
    state,
    fuel_consumed: execution.fuel_consumed,
    ram_used: BigInt(execution.ram_used),
    host_requests: JSON.stringify(execution.host_requests),
    engine: `${execution.engine.name} ${execution.engine.version}`,
    duration_ms: BigInt(execution.duration_ms),
    retries: BigInt(execution.retries),
    error_type: error?.error_type ?? null,
    error: error === null ? null : error.message.slice(0, mostErrorLength),
  };
}
