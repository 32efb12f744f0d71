/** Job: the host as a program sees it: open it, run files and programs on it, close it. Never: work of its own beside wiring the rooms together. */
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { Cache, type CacheOptions } from "../cache.ts";
import type { Engine, EngineContext, EngineName, Entry, Program } from "../engine/interface.ts";
import { parseInvoke } from "../engine/invoke.ts";
import type { Installation } from "../engine/python/install.ts";
import { Engines } from "../engine/registry.ts";
import { CapsuleError } from "../errors.ts";
import { parseJson, stringifyJson } from "../json.ts";
import { lazyHttpClient } from "../net/lazy.ts";
import { parseMountFlag } from "../policy/files.ts";
import { type Limits, parseLimits, runLimits } from "../policy/limits.ts";
import { type PolicyOptions, parsePolicyOptions } from "../policy/options.ts";
import { quote } from "../policy/problem.ts";
import { loadProject, type Project } from "../policy/project.ts";
import { discover } from "../program/discover.ts";
import { loadProgram } from "../program/load.ts";
import { entryOf, type Plan } from "../program/plan.ts";
import { type TraceOptions, Traces } from "../trace/traces.ts";
import { Pool, type PoolOptions, type PoolState } from "../worker/pool.ts";
import { RunBudget } from "./budget.ts";
import { checkCapsuleOptions, checkFile, checkRunOptions } from "./check-arguments.ts";
import { type Envelope, makeEnvelope } from "./envelope.ts";
import type { CapsuleEvent } from "./events.ts";
import { execute, explain, type RunContext } from "./execute.ts";
import { type Inspection, inspectProgram } from "./inspect.ts";
import { failed } from "./outcome.ts";
import { openStdin, type Stdin } from "./stdin.ts";

export interface CapsuleOptions {
  readonly pool?: PoolOptions;
  /** The operator's ceiling, as in `[limits]` of capsule.toml, in either spelling: what no task can exceed. */
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly cache?: CacheOptions;
  /**
   * Which Python engine: "fast" (made by `npm run engine:python`) or "npm" (the one that is always there, slower). Default:
   * the environment variable CAPSULE_PYTHON_ENGINE, else the fast one where it is there.
   */
  readonly python?: "fast" | "npm";
  /** The process ends after its run, as the command does: V8 is kept from optimising what then ends. Default: no. */
  readonly brief?: boolean;
  readonly onEvent?: (event: CapsuleEvent) => void;
  /** Record every run in `.capsule/trace.db` of its project, which is made where it is not there. Default: no. */
  readonly trace?: boolean | TraceOptions;
}

export interface RunOptions {
  /** Arguments: JSON values, or the JSON text of an array, which goes to the program as it is. Default none. */
  readonly args?: readonly unknown[] | string;
  /** Named arguments: an object, or the JSON text of one. */
  readonly kwargs?: Readonly<Record<string, unknown>> | string;
  /** Which task. Default: `main`, see README.md. */
  readonly task?: string;
  /**
   * The exported function of a core module or a component to call: `{ name, args }` with JavaScript values, or as text,
   * `"gcd(12, 18)"`; a component's arguments are text in WAVE: `'greet({name: "Ada", langs: ["en"]})'`.
   */
  readonly invoke?: string | { readonly name: string; readonly args: readonly unknown[] };
  /** Options as in a task's declaration. They are a core module's and a component's own, and a ceiling over what a program declares. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** Folders of the project given to every task: `HOST[::GUEST][:ro|:rw]`. */
  readonly mounts?: readonly string[];
  /** Where `file` is relative to, and where capsule.toml is looked up from. Default: the working directory. */
  readonly cwd?: string;
  readonly stdin?: Stdin;
  /** What the guest prints, as it prints; a promise holds the guest back. Default: dropped (events have it too). */
  readonly stdout?: (bytes: Uint8Array) => void | Promise<void>;
  readonly stderr?: (bytes: Uint8Array) => void | Promise<void>;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: CapsuleEvent) => void;
}

export type InspectOptions = Pick<RunOptions, "cwd" | "policy" | "mounts">;

/** A program that has been prepared, and its plan. */
interface Planned {
  readonly program: Program;
  readonly plan: Plan;
}

/** A file that is about to run, where and below what. */
interface Ready extends Planned {
  readonly project: Project;
  /** Besides the project's and the host's. */
  readonly ceilings: readonly Limits[];
}

type Loader = (project: Project, emit: (event: CapsuleEvent) => void) => Promise<Ready>;

const noEngine: EngineName = { name: "none", version: "" };
/** Plans kept in memory: a program's declarations, by its identity. Never on disk: a file in a cache is no policy. */
const mostPlans = 1000;

/**
 * The host: a pool of worker threads, the engines, the cache.
 * @example
 * ```ts
 * await using capsule = await Capsule.open({ limits: { ram: "256MB", timeout: "10s" } });
 * const envelope = await capsule.run("hello.py", { args: ["Ada"], stdout: (bytes) => void process.stdout.write(bytes) });
 * console.log(envelope.success ? envelope.result : envelope.error);
 * ```
 */
export class Capsule implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #cache: Cache;
  readonly #engines = new Engines();
  readonly #limits: Limits | null;
  readonly #python: string | undefined;
  readonly #brief: boolean;
  readonly #onEvent: (event: CapsuleEvent) => void;
  readonly #plans = new Map<string, Promise<Plan>>();
  readonly #traces: Traces | null;
  readonly #runs = new Set<Promise<Envelope>>();

  private constructor(options: CapsuleOptions) {
    this.#limits = options.limits === undefined ? null : parseLimits(options.limits, "limits");
    if (options.python !== undefined && options.python !== "fast" && options.python !== "npm")
      throw new CapsuleError("invalid_config", `python is ${quote(options.python)}; it takes "fast" or "npm"`);
    this.#python = options.python;
    this.#brief = options.brief ?? false;
    this.#pool = new Pool(options.pool);
    this.#cache = new Cache(options.cache);
    this.#onEvent = options.onEvent ?? (() => undefined);
    const { trace = false } = options;
    this.#traces = trace === false ? null : new Traces(trace === true ? {} : trace);
  }

  /**
   * @throws CapsuleError `usage` or `invalid_config` for an option that is wrong
   */
  static async open(options: CapsuleOptions = {}): Promise<Capsule> {
    checkCapsuleOptions(options);
    return new Capsule(options);
  }

  /** Threads and queue, now. */
  get state(): PoolState {
    return this.#pool.state;
  }

  /** Starts the spare threads, so that the first run finds one. */
  warm(): Promise<void> {
    return this.#pool.warm();
  }

  /** Ends every run as cancelled and every thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
    await Promise.allSettled(this.#runs);
    this.#traces?.close();
  }

  /**
   * Runs a file to its envelope. Whatever is wrong with the file, its declarations or its run is in the envelope.
   * @throws TypeError for arguments that JSON cannot hold; CapsuleError `usage` for a file or an option of a wrong type
   */
  async run(file: string, options: RunOptions = {}): Promise<Envelope> {
    checkFile(file);
    checkRunOptions(options);
    const cwd = resolve(options.cwd ?? ".");
    return this.#start(resolve(cwd, file), options, async (project, emit) => ({
      ...(await this.#load(file, cwd, project, emit)),
      project,
      ceilings: [],
    }));
  }

  /**
   * Installs what the project's requirements.txt asks for, wheels of pure Python, into its own `.capsule/python`, through pip
   * or uv; runs of the project then import it, and artifacts hold it. Null where nothing is asked for.
   * @throws CapsuleError `build_error` saying which package cannot be had, and why
   * @example
   * ```ts
   * const installed = await capsule.install({ cwd: "report" });
   * console.log(installed?.packages); // ["rich 14.2.0", …]
   * ```
   */
  async install(options: Pick<RunOptions, "cwd"> = {}): Promise<Installation | null> {
    checkRunOptions(options);
    const { install } = await import("../engine/python/engine.ts");
    return install(this.#context(loadProject(resolve(options.cwd ?? ".")), (event) => tell(this.#onEvent, event)));
  }

  /**
   * A program with its declared policy as one artifact: bytes for `exec`, here or elsewhere.
   * @throws CapsuleError for whatever a run would be refused for, and for a file outside the project
   * @example
   * ```ts
   * await writeFile("report.capsule", await capsule.export("report.py"));
   * ```
   */
  async export(file: string, options: Pick<RunOptions, "cwd"> = {}): Promise<Uint8Array> {
    checkFile(file);
    checkRunOptions(options);
    const cwd = resolve(options.cwd ?? ".");
    const project = loadProject(cwd);
    const { artifactOf, checkExportable } = await import("../artifact/make.ts");
    const { writeArtifact } = await import("../artifact/format.ts");
    await checkExportable(resolve(cwd, file), project.root);
    const { engine, program, plan } = await this.#load(file, cwd, project, (event) => tell(this.#onEvent, event));
    return writeArtifact(artifactOf(program, engine.name, plan, project));
  }

  /**
   * Runs an artifact under the policy that was built in, cut down to the ceilings of its project and of this one.
   * Directories and variables that its tasks may use are those of the project here.
   * @throws TypeError for arguments that JSON cannot hold; CapsuleError `usage` for a file or an option of a wrong type
   */
  async exec(artifact: string, options: RunOptions = {}): Promise<Envelope> {
    checkFile(artifact);
    checkRunOptions(options);
    const path = resolve(options.cwd ?? ".", artifact);
    return this.#start(path, options, async (project, emit) => {
      const { loadArtifact, restoreProgram } = await import("../artifact/make.ts");
      const built = await loadArtifact(path, artifact);
      const { plan, workflow, defaults, limits } = built;
      const program = await restoreProgram(built, this.#engines, this.#context(project, emit));
      return { program, plan, project: { ...project, workflow, defaults }, ceilings: [limits] };
    });
  }

  async #start(path: string, options: RunOptions, load: Loader): Promise<Envelope> {
    const args = jsonText(options.args ?? [], "args");
    const kwargs = jsonText(options.kwargs ?? {}, "kwargs");
    let record: ((event: CapsuleEvent) => void) | undefined;
    const emit = (event: CapsuleEvent) => {
      record?.(event);
      tell(this.#onEvent, event);
      tell(options.onEvent, event);
    };
    const signal = options.signal ?? new AbortController().signal;
    // The thread loads while the program is being prepared.
    void this.#pool.warm();
    try {
      const loading = load(loadProject(resolve(options.cwd ?? ".")), emit);
      const { program, plan, project, ceilings } = await unlessAborted(loading, signal);
      const { said, request } = this.#request(project, options, ceilings);
      record = this.#traces?.listener(project, path);
      const running = execute(
        {
          pool: this.#pool,
          program,
          plan,
          undeclared: said,
          request,
          http: lazyHttpClient(),
          budget: new RunBudget(runLimits([project.limits, ...(request.ceilings ?? [])])),
          owner: randomUUID(),
          output: (stream, bytes) => (stream === 1 ? options.stdout : options.stderr)?.(bytes),
          emit,
        },
        { entry: entryFor(program, plan, options), args, kwargs },
        { parent: null, caller: null, depth: 1, signal, stdin: openStdin(options.stdin ?? null) },
      );
      this.#runs.add(running);
      return await running.finally(() => this.#runs.delete(running));
    } catch (error) {
      return envelopeOfError(error, options.task ?? "main");
    }
  }

  /**
   * What a file is and declares, and what its tasks would get; no task of it runs.
   * @throws CapsuleError for whatever a run would be refused for
   * @example
   * ```ts
   * const { tasks } = await capsule.inspect("hello.py");
   * ```
   */
  async inspect(file: string, options: InspectOptions = {}): Promise<Inspection> {
    checkFile(file);
    checkRunOptions(options);
    const cwd = resolve(options.cwd ?? ".");
    const project = loadProject(cwd);
    const { program, plan } = await this.#load(file, cwd, project, (event) => tell(this.#onEvent, event));
    const { said, request } = this.#request(project, options);
    return inspectProgram(program, plan, { ...request, declared: said });
  }

  #request(
    project: Project,
    options: InspectOptions,
    more: readonly Limits[] = [],
  ): { said: PolicyOptions; request: RunContext["request"] } {
    const said = parsePolicyOptions(options.policy ?? {}, "policy");
    const ceilings = [
      ...more,
      ...(this.#limits === null ? [] : [this.#limits]),
      ...(options.policy === undefined ? [] : [{ task: said, run: {}, privateAddresses: null }]),
    ];
    const mounts = (options.mounts ?? []).map((mount) => parseMountFlag(mount, "mounts"));
    return { said, request: { project, ceilings, mounts, hostEnv: process.env } };
  }

  #context(project: Project, emit: (event: CapsuleEvent) => void): EngineContext {
    return {
      cache: this.#cache,
      root: project.root,
      python: this.#python,
      brief: this.#brief,
      progress: (progress) => emit({ kind: "preparing", at: Date.now(), ...progress }),
      run: (job, host, options) => this.#pool.run(job, host, options),
    };
  }

  /** What is being made ready here may be waited for by several runs: no single one of them can abort it. */
  async #load(
    file: string,
    cwd: string,
    project: Project,
    emit: (event: CapsuleEvent) => void,
  ): Promise<Planned & { readonly engine: Engine }> {
    const context = this.#context(project, emit);
    const { engine, program } = await loadProgram(file, cwd, this.#engines, context);
    let plan = this.#plans.get(program.identity);
    if (plan === undefined) {
      plan = discover(program, context);
      this.#plans.set(program.identity, plan);
      plan.catch(() => this.#plans.delete(program.identity));
      const oldest = this.#plans.keys().next().value;
      if (this.#plans.size > mostPlans && oldest !== undefined) this.#plans.delete(oldest);
    }
    return { engine, program, plan: await plan };
  }
}

/** A listener's own error is not the run's: it surfaces as an uncaught exception of its program, and the run goes on. */
function tell(listener: ((event: CapsuleEvent) => void) | undefined, event: CapsuleEvent): void {
  try {
    listener?.(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** The promise goes on when `signal` is aborted, but nobody waits for it. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new CapsuleError("cancelled", "the run was cancelled"));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function entryFor(program: Program, plan: Plan, options: RunOptions): Entry {
  if (options.task !== undefined && options.invoke === undefined && program.takesAnyTask === true)
    return { kind: "task", name: options.task };
  if (options.invoke === undefined) return entryOf(plan, options.task ?? null);
  if (options.task !== undefined)
    throw new CapsuleError("usage", "task and invoke exclude each other; give one of them");
  const { name, args } = typeof options.invoke === "string" ? parseInvoke(options.invoke) : options.invoke;
  return { kind: "export", name, args };
}

/** The text of the caller's as it is, or the text of the caller's values. */
function jsonText(given: unknown, name: "args" | "kwargs"): string {
  const isText = typeof given === "string";
  let value: unknown = given;
  try {
    if (isText) value = parseJson(given);
  } catch (error) {
    throw new TypeError(`${name} is no JSON text: ${error instanceof Error ? error.message : error}`);
  }
  if (name === "args" ? !Array.isArray(value) : typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} is ${name === "args" ? "a JSON array" : "a JSON object"}, or its text`);
  }
  return isText ? given : stringifyJson(value, name);
}

function envelopeOfError(error: unknown, task: string): Envelope {
  const { resultText, error: said } = failed(...explain(error));
  return makeEnvelope(resultText, said, {
    task_name: task,
    duration_ms: 0,
    retries: 0,
    fuel_consumed: 0n,
    ram_used: 0,
    engine: noEngine,
    host_requests: [],
  });
}
