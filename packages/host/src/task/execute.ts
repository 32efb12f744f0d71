/**
 * Job: run one task from its declaration to its envelope: policy, attempts with their back-off, deadline, host calls; and
 * the same for every task that it calls.
 * Never: take rights from what a guest says; throw for what a program or a guest did.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Call, EngineJob, Entry, Program } from "../engine/interface.ts";
import { toJob } from "../engine/job.ts";
import { CapsuleError } from "../errors.ts";
import type { HttpClient, HttpContext } from "../net/index.ts";
import { narrow } from "../policy/narrow.ts";
import type { PolicyOptions } from "../policy/options.ts";
import type { Policy } from "../policy/policy.ts";
import { formatSize } from "../policy/quantities.ts";
import { type PolicyRequest, resolvePolicy } from "../policy/resolve.ts";
import { entryName, type Plan } from "../program/plan.ts";
import type { JobResult, Pool } from "../worker/pool.ts";
import type { HostCall, HostReply, TaskCall, TaskReply } from "../worker/protocol.ts";
import type { JobHost } from "../worker/thread.ts";
import { Bodies } from "./bodies.ts";
import type { RunBudget } from "./budget.ts";
import { type Envelope, type ErrorType, envelopeText, type HostRequest, makeEnvelope } from "./envelope.ts";
import { type CapsuleEvent, type EventBody, lastEvent } from "./events.ts";
import { failed, mayRetry, type Outcome, outcomeOf, retryDelayMs } from "./outcome.ts";
import type { StdinSource } from "./stdin.ts";

/** What all tasks of one run share. */
export interface RunContext {
  readonly pool: Pool;
  readonly program: Program;
  readonly plan: Plan;
  /** Without what a task declares. */
  readonly request: Omit<PolicyRequest, "declared">;
  /** Options of an entry that declares none. */
  readonly undeclared: PolicyOptions;
  readonly budget: RunBudget;
  /** One for the run: its numbers of parallel and of all requests are those of all tasks together. */
  readonly http: HttpClient;
  readonly owner: string;
  readonly output: (stream: 1 | 2, bytes: Uint8Array) => void | Promise<void>;
  readonly emit: (event: CapsuleEvent) => void;
}

/** Where in the run a task stands. */
export interface Place {
  readonly parent: string | null;
  /** The caller's policy: what an undeclared task may have at most. */
  readonly caller: Policy | null;
  readonly depth: number;
  readonly signal: AbortSignal;
  readonly stdin: StdinSource;
}

const mostDenials = 100;
const mostRequests = 1000;
const mostArgumentsLength = 16 * 1024 * 1024;

export async function execute(run: RunContext, call: Call, place: Place): Promise<Envelope> {
  const id = randomUUID();
  const task = entryName(call.entry);
  const emit = (body: EventBody) => run.emit({ id, parent: place.parent, task, at: Date.now(), ...body });
  const execution = new Execution(run, call, place, emit, id);
  const envelope = await execution.run();
  emit({ kind: lastEvent(envelope), envelope });
  return envelope;
}

/** One task over all its attempts. */
class Execution {
  readonly #run: RunContext;
  readonly #call: Call;
  readonly #place: Place;
  readonly #emit: (body: EventBody) => void;
  readonly #id: string;
  readonly #requests: HostRequest[] = [];
  readonly #children = new Set<Promise<Envelope>>();
  #denials = 0;
  #retries = 0;
  #began: number | null = null;
  #fuel = 0n;
  #memory = 0;

  constructor(run: RunContext, call: Call, place: Place, emit: (body: EventBody) => void, id: string) {
    this.#run = run;
    this.#call = call;
    this.#place = place;
    this.#emit = emit;
    this.#id = id;
  }

  async run(): Promise<Envelope> {
    try {
      const refusal = this.#run.budget.admit(this.#place.depth);
      if (refusal !== undefined) return this.#envelope(this.#refused(refusal));
      const policy = this.#policy();
      const job = this.#run.program.job(this.#call, this.#run.plan.compiled);
      this.#emit({ kind: "queued", policy });
      return this.#envelope(await this.#attempts(job, policy));
    } catch (error) {
      return this.#envelope(failed(...explain(error)));
    }
  }

  /** @throws CapsuleError `invalid_config` */
  #policy(): Policy {
    const { plan, request, undeclared, program } = this.#run;
    const { entry } = this.#call;
    const declared = entry.kind === "task" ? plan.tasks.get(entry.name) : undefined;
    let policy = resolvePolicy({ ...request, declared: declared ?? undeclared });
    if (declared === undefined && this.#place.caller !== null) policy = narrow(policy, this.#place.caller);
    if (policy.memoryBytes < program.minimumMemoryBytes) {
      const needed = program.minimumMemoryBytes;
      throw new CapsuleError(
        "invalid_config",
        `ram is ${formatSize(policy.memoryBytes)}; this program needs at least ${formatSize(needed)} (${needed} bytes) to start`,
      );
    }
    return policy;
  }

  async #attempts(job: EngineJob, policy: Policy): Promise<Outcome> {
    const host = this.#host(policy);
    for (let attempt = 0; ; attempt++) {
      this.#retries = attempt;
      const outcome = await this.#attempt(job, policy, host, attempt);
      if (outcome.error === null || !mayRetry(outcome.error) || attempt >= policy.maxRetries) return outcome;
      const delayMs = retryDelayMs(attempt);
      this.#emit({ kind: "retry", attempt, error: outcome.error, delayMs });
      try {
        await delay(delayMs, undefined, { signal: this.#place.signal });
      } catch {
        return cancelled;
      }
    }
  }

  async #attempt(job: EngineJob, policy: Policy, host: JobHost, attempt: number): Promise<Outcome> {
    const { pool, budget, owner } = this.#run;
    const { signal, stdin } = this.#place;
    const share = await budget.enter(policy.memoryBytes, policy.fuel, signal);
    if (share === null) return cancelled;
    if (typeof share === "string") return this.#refused(share);
    let burnt = 0n;
    try {
      if (share.fuel === 0n) return failed("out_of_fuel", "the tasks of this run have used up its total_compute");
      const limits = { ...policy, fuel: share.fuel };
      const result = await pool.run(toJob(job, limits, stdin.initial), host, {
        owner,
        signal,
        timeoutMs: policy.timeoutMs,
        started: () => {
          this.#began ??= performance.now();
          this.#emit({ kind: "started", attempt });
        },
      });
      // Of a guest that was ended from outside nobody knows what it burnt since its last host call.
      burnt = isEndedFromOutside(result) ? share.fuel : result.usage.fuelConsumed;
      this.#fuel = result.usage.fuelConsumed;
      this.#memory = Math.max(this.#memory, result.usage.memoryPeak);
      return outcomeOf(result, limits);
    } finally {
      // The signal of their caller has ended them; nothing of this task runs on when it is over.
      await Promise.allSettled(this.#children);
      budget.leave(share, burnt);
    }
  }

  /** By the limits of the whole run. */
  #refused(reason: string): Outcome {
    const what = entryName(this.#call.entry);
    this.#emit({ kind: "denied", denial: { kind: "task", what, reason, hint: "a higher limit in [limits]" } });
    return failed("permission_denied", reason);
  }

  #host(policy: Policy): JobHost {
    const { http } = this.#run;
    const bodies = new Bodies(http);
    const denied: JobHost["denied"] = (denial) => {
      if (this.#denials++ < mostDenials) this.#emit({ kind: "denied", denial });
    };
    return {
      denied,
      output: (stream, bytes) => {
        this.#emit({ kind: "output", stream, bytes });
        return this.#run.output(stream, bytes);
      },
      call: (call: HostCall, signal: AbortSignal): Promise<HostReply> => {
        switch (call.kind) {
          case "http": {
            const context: HttpContext = {
              hosts: policy.hosts,
              askedHosts: policy.askedHosts,
              privateAddresses: policy.privateAddresses,
              signal,
              onDenied: denied,
              onRequest: (request) => {
                if (this.#requests.length < mostRequests) this.#requests.push(request);
                this.#emit({ kind: "request", request });
              },
            };
            return call.streamed === true ? bodies.open(call, context) : http.request(call, context);
          }
          case "body":
            return bodies.next(call);
          case "input":
            return this.#place.stdin.answer(call, signal);
          case "task":
            return this.#subTask(call, policy, signal);
        }
      },
    };
  }

  /** A task that the guest calls: its rights come from its declaration, or are the caller's at most. */
  async #subTask(call: TaskCall, caller: Policy, signal: AbortSignal): Promise<TaskReply> {
    const { plan } = this.#run;
    if (call.args.length + call.kwargs.length > mostArgumentsLength) {
      return {
        ok: false,
        code: "invalid",
        message: `the arguments are more than ${mostArgumentsLength} characters of JSON`,
      };
    }
    const entry: Entry =
      !plan.tasks.has(call.name) && call.name === "main" && plan.hasMain
        ? { kind: "main" }
        : { kind: "task", name: call.name };
    const { budget } = this.#run;
    const child = execute(
      this.#run,
      { entry, args: call.args, kwargs: call.kwargs },
      { parent: this.#id, caller, depth: this.#place.depth + 1, signal, stdin: noStdin },
    );
    this.#children.add(child);
    if (this.#children.size === 1) budget.block(1);
    const envelope = await child;
    this.#children.delete(child);
    if (this.#children.size === 0) budget.block(-1);
    return { ok: true, envelope: envelopeText(envelope) };
  }

  #envelope({ resultText, error }: Outcome): Envelope {
    const { program, plan } = this.#run;
    const now = performance.now();
    const note =
      error !== null &&
      plan.incomplete !== null &&
      (error.error_type === "task_error" || error.error_type === "permission_denied")
        ? `\nNote: to collect the tasks, the top level was run without rights; ${
            plan.incomplete.trimEnd().endsWith(error.message.trimEnd()) ? "it failed likewise" : plan.incomplete
          }`
        : "";
    return makeEnvelope(resultText, error === null ? null : { ...error, message: error.message + note }, {
      task_name: entryName(this.#call.entry),
      duration_ms: Math.round(now - (this.#began ?? now)),
      retries: this.#retries,
      fuel_consumed: this.#fuel,
      ram_used: this.#memory,
      engine: program.engine,
      host_requests: this.#requests,
    });
  }
}

const cancelled = failed("cancelled", "the run was cancelled");

function isEndedFromOutside({ ending }: JobResult): boolean {
  return ending.kind === "timeout" || ending.kind === "cancelled" || ending.kind === "failed";
}

const noStdin: StdinSource = { initial: null, answer: async () => ({ ok: true, bytes: new Uint8Array(0) }) };

/** An error of ours as an envelope has it. */
export function explain(error: unknown): [ErrorType, string] {
  if (!(error instanceof CapsuleError)) {
    return ["internal_error", error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
  }
  return [error.code === "usage" ? "invalid_config" : error.code, error.message];
}
