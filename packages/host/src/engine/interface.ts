/**
 * Job: what an engine is, seen from the host: it turns a file into a program, and a program's task into a job for a
 * worker thread. Its other half is a driver in worker/inside.
 * Never: an engine; what a task may do (that is the policy's, see task/).
 */
import type { WorldItem } from "@capsule-run/instrument/component/world";
import type { Cache } from "../cache.ts";
import type { KernelConfig, Mount } from "../wasi/config.ts";
import type { JobOptions, JobResult } from "../worker/pool.ts";
import type { EngineInput, MemoryShape } from "../worker/protocol.ts";
import type { Job, JobHost } from "../worker/thread.ts";

/** A program's file as it was read: what runs is what was read, whatever happens to the file meanwhile. */
export interface SourceFile {
  /** Absolute path on the host. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A preparation that takes long enough to be told: `fraction` from 0 to 1, null while it cannot be known. */
export interface Progress {
  readonly engine: string;
  /** "Metering CPython 3.12 (once)". */
  readonly step: string;
  readonly fraction: number | null;
  /** A sentence for who waits for it: how it could be better. */
  readonly advice?: string;
}

export interface EngineContext {
  readonly cache: Cache;
  /** Which Python engine, "fast" or "npm"; undefined: the environment's, else the best there is. */
  readonly python?: string | undefined;
  /** The process ends after its run: what pays off later is put off. */
  readonly brief: boolean;
  /** Folder of the project; files beside a program are read from inside it only. */
  readonly root: string;
  readonly progress: (progress: Progress) => void;
  /** Runs a job of the engine's own making (to boot an image), apart from every task. */
  readonly run: (job: Job, host: JobHost, options?: JobOptions) => Promise<JobResult>;
}

export interface EngineName {
  readonly name: string;
  readonly version: string;
}

/** What a program calls the thing that is to run. */
export type Entry =
  /** A declared task. */
  | { readonly kind: "task"; readonly name: string }
  /** A plain function `main`. */
  | { readonly kind: "main" }
  /** The top level itself. */
  | { readonly kind: "script" }
  /**
   * One exported function of a core module or a component. `args`: values, held against the types that it wants; or their
   * text, as it stands between the parentheses of a call.
   */
  | { readonly kind: "export"; readonly name: string; readonly args: readonly unknown[] | string };

/** One call of a program: JSON texts of an array and of an object. */
export interface Call {
  readonly entry: Entry;
  readonly args: string;
  readonly kwargs: string;
}

/** What an engine gives for one run; limits and grants are added by the policy of the task. */
export interface EngineJob {
  /** Metered with `global: "import"`, `memory: "import"`. */
  readonly module: WebAssembly.Module;
  readonly memories: readonly MemoryShape[];
  readonly startFuel: bigint;
  /** The module can make exceptions (default true): the thread's heap is watched at every host call. */
  readonly canThrow?: boolean;
  readonly input: EngineInput;
  /** The engine's own part of the guest's file tree; the policy's directories are added. */
  readonly mounts: readonly Mount[];
  readonly preopens: readonly string[];
  /** The policy's directories are preopens too, and come first: for guests that take the first for theirs. */
  readonly preopensGrants?: boolean;
  readonly args: readonly string[];
  /** The engine's own variables, before the policy's. */
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly clock?: KernelConfig["clock"];
  readonly random?: KernelConfig["random"];
}

/** What a core module asks for and offers. */
export interface ModuleFacts {
  readonly imports: readonly { readonly module: string; readonly name: string; readonly kind: string }[];
  readonly exports: readonly {
    readonly name: string;
    readonly kind: string;
    /** Types of a function's parameters and results: "i32", "i64", "f32", "f64", else "other". */
    readonly parameters?: readonly string[];
    readonly results?: readonly string[];
  }[];
  readonly memories: readonly MemoryShape[];
}

/** What a component asks for and offers, and what metering costs it. */
export interface ComponentFacts {
  /** The exported interface that a run begins with; null: none, name a function. */
  readonly runs: string | null;
  /** `given`: whether it is here for the asking. */
  readonly imports: readonly (WorldItem & { readonly given: boolean })[];
  readonly exports: readonly WorldItem[];
  /** Its core modules, in the order of the binary. */
  readonly modules: readonly {
    /** How often it is instantiated. */
    readonly instances: number;
    readonly functions: number;
    /** Places where the counter is compared. */
    readonly checks: number;
    readonly bytesBefore: number;
    readonly bytesAfter: number;
  }[];
  /** Of all instances. */
  readonly memories: readonly MemoryShape[];
  /** Units that instantiation costs, all instances together. */
  readonly startFuel: bigint;
}

/** What a program is made of, as it was read: all that an engine needs to make it ready again elsewhere. */
export interface Parts {
  /** The program's file, one of `files`. */
  readonly entry: string;
  /** Path below the program's folder or project → bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A file that an engine has made ready to run, any number of times. */
export interface Program {
  readonly engine: EngineName;
  /** SHA-256 over everything that declarations depend on: the same identity, the same declarations. */
  readonly identity: string;
  /** Least `ram` that this program can start with, in bytes. */
  readonly minimumMemoryBytes: number;
  /**
   * The job that lists the declared tasks without any rights. Its result is
   * `{"tasks": [{"name": "…", "options": {…}}, …], "main": true | false}`. Null: nothing can be declared here.
   */
  discovery(): EngineJob | null;
  /** A task is known to the program alone, and any name is passed on to it; otherwise only declared ones can be called. */
  readonly takesAnyTask?: boolean;
  /** Of a core module. */
  facts?(): ModuleFacts;
  /** Of a component. */
  world?(): ComponentFacts;
  parts(): Parts;
  /**
   * `compiled`: what the program's discovery has made of it (Plan.compiled).
   * @throws CapsuleError `invalid_config` when the call does not fit the program (no such export, wrong arguments)
   */
  job(call: Call, compiled?: string): EngineJob;
}

export interface Engine {
  readonly name: string;
  /** Endings of its files: ".py". */
  readonly extensions: readonly string[];
  /**
   * Makes a program ready; what is dear is cached.
   * @throws CapsuleError `build_error` for a file that is no program of this engine
   */
  prepare(source: SourceFile, context: EngineContext): Promise<Program>;
  /**
   * Makes a program ready from its parts, without a look at the disk that they came from.
   * @throws CapsuleError `build_error` for what are no parts of a program of this engine
   */
  restore(parts: Parts, context: EngineContext): Promise<Program>;
}
