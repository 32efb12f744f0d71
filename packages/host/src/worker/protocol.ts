/** Job: every message between a worker thread and the host, typed, in one file. Never: behaviour. */
import type { Denial, KernelConfig } from "../wasi/config.ts";

/** Call one export with numbers, or run `_start`. */
export interface ModuleInput {
  readonly engine: "module";
  /** `null`: run the WASI command (`_start`). */
  readonly invoke: { readonly name: string; readonly args: readonly (number | bigint)[] } | null;
}

/** Run one task of a Python program (or its discovery). The request is JSON text that the guest's runner reads. */
export interface PythonInput {
  readonly engine: "python";
  readonly request: string;
}

export type EngineInput = ModuleInput | PythonInput;

/** host → worker: run this in a fresh instance. */
export interface RunMessage {
  readonly kind: "run";
  readonly id: number;
  /** Metered with `global: "import"`, `memory: "import"`; compiled code is shared by posting. */
  readonly module: WebAssembly.Module;
  readonly startFuel: bigint;
  readonly fuel: bigint;
  /** Maximum of linear memory, all memories together, in bytes. */
  readonly memoryBytes: number;
  readonly kernel: KernelConfig;
  readonly stdin: Uint8Array | null;
  readonly input: EngineInput;
  /** Int32[0] counts replies: the worker waits on it with Atomics.wait. */
  readonly wake: SharedArrayBuffer;
}

/** What a guest may ask the host for while it runs. Replies carry the same `seq`. */
export type HostCall = HttpCall;

export interface HttpCall {
  readonly kind: "http";
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | null;
  readonly timeoutMs: number | null;
}

export type HostReply =
  | {
      readonly ok: true;
      readonly status: number;
      readonly statusText: string;
      /** After redirects. */
      readonly url: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: Uint8Array;
    }
  | {
      readonly ok: false;
      readonly code: "denied" | "network" | "timeout" | "invalid" | "too_large";
      readonly message: string;
    };

/** host → worker: the answer to call `seq`; posted before Int32[0] of `wake` is raised. */
export interface ReplyMessage {
  readonly kind: "reply";
  readonly seq: number;
  readonly reply: HostReply;
}

/** How a run ended, from the host's own record (security.md, "Ending a guest"). */
export type Ending =
  /** `value`: JSON text of the result. */
  | { readonly kind: "returned"; readonly value: string }
  | { readonly kind: "exited"; readonly code: number }
  /** The guest's runner reported an exception of the program. */
  | { readonly kind: "raised"; readonly type: string; readonly message: string; readonly outOfMemory: boolean }
  | { readonly kind: "out_of_fuel" }
  | { readonly kind: "out_of_memory"; readonly message: string }
  | { readonly kind: "trapped"; readonly message: string }
  /** Our own fault or a module that cannot be linked. */
  | { readonly kind: "failed"; readonly code: "invalid_config" | "internal_error"; readonly message: string };

export interface Usage {
  readonly fuelConsumed: bigint;
  /** Peak bytes of linear memory. */
  readonly memoryPeak: number;
}

/** worker → host. `output` of a run always precedes its `done`. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "output"; readonly id: number; readonly stream: 1 | 2; readonly bytes: Uint8Array }
  | { readonly kind: "denied"; readonly id: number; readonly denial: Denial }
  | { readonly kind: "call"; readonly id: number; readonly seq: number; readonly call: HostCall }
  /** `clean`: the thread may be used again; false after any trap. */
  | {
      readonly kind: "done";
      readonly id: number;
      readonly ending: Ending;
      readonly usage: Usage;
      readonly clean: boolean;
    };

export type HostMessage = RunMessage | ReplyMessage;
