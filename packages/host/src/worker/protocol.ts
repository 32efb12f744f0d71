/** Job: every message between a worker thread and the host, typed, in one file. Never: behaviour. */
import type { MessagePort } from "node:worker_threads";
import type { ComponentValue } from "../component/value.ts";
import type { FailedReply, HttpCall, HttpReply } from "../net/call.ts";
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
  readonly start:
    | { readonly kind: "image"; readonly image: PythonImage }
    /** Make an image: memory is written to `into`; the result is JSON, `PythonImage` without memory and with `bytes`. */
    | { readonly kind: "boot"; readonly into: SharedArrayBuffer };
}

/** A linear memory at rest, of exactly the module that it is put into. */
export interface MemoryImage {
  /** Equal for equal images. */
  readonly key: string;
  /** What is not zero in linear memory: `runs` say where, as offset and length in turn, ascending. */
  readonly memory: SharedArrayBuffer;
  /** Where in `memory` that begins. */
  readonly at: number;
  readonly runs: readonly number[];
}

/** A booted interpreter at rest. */
export interface PythonImage extends MemoryImage {
  readonly stackPointer: number;
  /** Address of the runner's function object, and the table index of how such an object is called. */
  readonly callable: number;
  readonly entry: number;
}

/** Run one task of a JavaScript program (or its discovery). */
export interface JavaScriptInput {
  readonly engine: "javascript";
  readonly extensions: readonly QuickJSExtension[];
  /** JSON text that the guest's prelude reads. */
  readonly request: string;
  readonly start:
    | {
        readonly kind: "image";
        readonly image: JavaScriptImage;
        /** The program: one module without imports, compiled by this very image, and its source map. */
        readonly bytecode: SharedArrayBuffer;
        readonly sourceMap: string;
      }
    /** Compile a program, and run nothing of it: bytecode is written to `into`; the result is JSON, its length. */
    | {
        readonly kind: "compile";
        readonly image: JavaScriptImage;
        readonly source: string;
        readonly into: SharedArrayBuffer;
      }
    /** Make an image: memory is written to `into`; the result is JSON, `JavaScriptImage` without what is of `MemoryImage`, with `bytes`. */
    | { readonly kind: "boot"; readonly into: SharedArrayBuffer; readonly prelude: string };
}

/** A side module of QuickJS, metered on the same counter. */
export interface QuickJSExtension {
  readonly name: string;
  readonly module: WebAssembly.Module;
  readonly memoryBytes: number;
  readonly tableSize: number;
}

/** Where a side module's data and table entries begin. */
export interface QuickJSBases {
  readonly memory: number;
  readonly table: number;
}

/** A started runtime at rest, its prelude evaluated. */
export interface JavaScriptImage extends MemoryImage {
  readonly stackPointer: number;
  readonly runtime: number;
  readonly context: number;
  readonly bases: readonly QuickJSBases[];
  /** Addresses of the prelude's functions. */
  readonly hooks: JavaScriptHooks;
}

export interface JavaScriptHooks {
  /** Takes the request; says that the program begins. */
  readonly prepare: number;
  /** Takes the promise of the program's module. */
  readonly loaded: number;
  /** Takes an exception that came before there was a promise, or a rejection that nobody handles. */
  readonly failed: number;
  /** One turn of the event loop: runs what is due, or waits for it; 0 when nothing is left to come. */
  readonly turn: number;
}

/** Link a component and call one of its exports. */
export interface ComponentInput {
  readonly engine: "component";
  /** JSON text of its model (`Component` of the instrumenter): posting a text costs the host's own thread nothing. */
  readonly model: string;
  /** By number. */
  readonly modules: readonly CoreModuleInput[];
  readonly call: ComponentCall;
}

/** A core module of a component, metered on the run's one counter. */
export interface CoreModuleInput {
  readonly module: WebAssembly.Module;
  /** Which of its memories the host gives, as the imports `"capsule" "memory<index>"`. */
  readonly memories: readonly number[];
}

/** `interface`: the exported one with its version, as the component names it. */
export type ComponentCall =
  /** `wasi:cli/run`. */
  | { readonly kind: "command"; readonly interface: string }
  /** `capsule:host/task-runner`; `request`: JSON text. */
  | { readonly kind: "task"; readonly interface: string; readonly request: string }
  /** Any function; `interface` null: one that is exported by itself. */
  | {
      readonly kind: "function";
      readonly interface: string | null;
      readonly name: string;
      readonly args: readonly ComponentValue[];
    };

export type EngineInput = ModuleInput | PythonInput | JavaScriptInput | ComponentInput;

/** One memory of a metered module: the import `"capsule" "memory<index>"`. Sizes in pages of 64 KiB. */
export interface MemoryShape {
  readonly minimumPages: number;
  readonly maximumPages: number | null;
  readonly memory64: boolean;
}

/** host → worker: run this in a fresh instance. */
export interface RunMessage {
  readonly kind: "run";
  readonly id: number;
  /** Metered with `global: "import"`, `memory: "import"`; compiled code is shared by posting. */
  readonly module: WebAssembly.Module;
  readonly memories: readonly MemoryShape[];
  readonly startFuel: bigint;
  /** The module can make exceptions, which live in the thread's own heap. Default true. */
  readonly canThrow?: boolean;
  readonly fuel: bigint;
  /** Maximum of linear memory, all memories together, in bytes. */
  readonly memoryBytes: number;
  readonly kernel: KernelConfig;
  /** Standard input: all of it, or `"stream"`: fetched from the host as the guest reads. */
  readonly stdin: Uint8Array | "stream" | null;
  readonly input: EngineInput;
}

/** What a thread is born with. */
export interface ThreadData {
  /** Replies arrive here, apart from runs, so that a blocked guest can take them. */
  readonly replies: MessagePort;
  /** Int32 words, see `Word`. */
  readonly shared: SharedArrayBuffer;
}

/** Words of the shared buffer. */
export const Word = {
  /** Counts replies: raised after a reply was posted; the worker waits on it. */
  Replies: 0,
  /** Cost in bytes of messages that the host has not taken yet: the worker waits while it is above `messageWindow`. */
  Unread: 1,
  /** Never raised: sleeping is waiting on it. */
  Sleep: 2,
  /** Two words, read as one unsigned 64-bit number: fuel consumed when the guest last reached the host. */
  Fuel: 4,
  /** Bytes of linear memory (in pages of 64 KiB) when the guest last reached the host. */
  Pages: 6,
} as const;
export const sharedBytes = 32;

/** Back-pressure: how far a guest's messages may run ahead of the host, and what one message costs besides its bytes. */
export const messageWindow = 1024 * 1024;
export const messageCost = 512;

export type { HttpCall, HttpReply } from "../net/call.ts";

/** What a guest may ask the host for while it runs. Replies carry the same `seq`. */
export type HostCall = BodyCall | HttpCall | InputCall | TaskCall;

/** The next piece of an answer's body that is being streamed; an empty piece is its end. `giveUp`: no more of it is wanted. */
export interface BodyCall {
  readonly kind: "body";
  readonly stream: number;
  readonly giveUp: boolean;
}
export type BodyReply = { readonly ok: true; readonly bytes: Uint8Array } | FailedReply;

/** More standard input, at most `maxBytes`; an empty reply is its end. */
export interface InputCall {
  readonly kind: "input";
  readonly maxBytes: number;
}
export type InputReply =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly message: string };

/** Run a declared task; nothing but its name and its arguments is the guest's to say. */
export interface TaskCall {
  readonly kind: "task";
  readonly name: string;
  /** JSON text: an array, and an object. */
  readonly args: string;
  readonly kwargs: string;
}
/** `envelope`: JSON text. */
export type TaskReply =
  | { readonly ok: true; readonly envelope: string }
  | { readonly ok: false; readonly code: "denied" | "invalid" | "limit" | "internal"; readonly message: string };

export type HostReply = BodyReply | HttpReply | InputReply | TaskReply;

/** The reply that belongs to a call. */
export type ReplyTo<Call extends HostCall> = Call extends HttpCall
  ? HttpReply
  : Call extends InputCall
    ? InputReply
    : Call extends BodyCall
      ? BodyReply
      : TaskReply;

/** host → worker, on the port of replies. */
export interface ReplyMessage {
  readonly seq: number;
  readonly reply: HostReply;
}

/** How a run ended, from the host's own record (security.md, "Ending a guest"). */
export type Ending =
  /** `value`: JSON text of the result. */
  | { readonly kind: "returned"; readonly value: string }
  | { readonly kind: "exited"; readonly code: number }
  /** The guest's runner reported an exception of the program; `denied`: it is the refusal of a right. */
  | {
      readonly kind: "raised";
      readonly type: string;
      readonly message: string;
      readonly outOfMemory: boolean;
      readonly denied?: boolean;
    }
  | { readonly kind: "out_of_fuel" }
  | { readonly kind: "out_of_memory"; readonly message: string }
  | { readonly kind: "trapped"; readonly message: string }
  /** Our own fault or a module that cannot be linked. */
  | {
      readonly kind: "failed";
      readonly code: "invalid_config" | "build_error" | "internal_error";
      readonly message: string;
    };

export interface Usage {
  readonly fuelConsumed: bigint;
  /** Peak bytes of linear memory. */
  readonly memoryPeak: number;
}

/** worker → host. `output` of a run always precedes its `done`. `cost`: what the message added to the word `Unread`. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | {
      readonly kind: "output";
      readonly id: number;
      readonly stream: 1 | 2;
      readonly bytes: Uint8Array;
      readonly cost: number;
    }
  | { readonly kind: "denied"; readonly id: number; readonly denial: Denial; readonly cost: number }
  | { readonly kind: "call"; readonly id: number; readonly seq: number; readonly call: HostCall; readonly cost: number }
  /** `clean`: the thread may be used again; false after any trap. */
  | {
      readonly kind: "done";
      readonly id: number;
      readonly ending: Ending;
      readonly usage: Usage;
      readonly clean: boolean;
    };

export type HostMessage = RunMessage;
