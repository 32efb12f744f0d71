/**
 * Job: put a guard around every function that a guest can call: after an end or a failure of our own no host call has
 * an effect any more, and the counter is empty.
 * Never: know what the functions do.
 *
 * Why not leave it to V8: only a trap ends an instance for good. An ordinary error that a host function throws can be
 * caught by the guest (`catch_all`), which then goes on beside host state that stopped half-way. And an overflow of the
 * stack may strike in any line of ours, also in a handler: so the only thing that a handler does here is assignments.
 */
import { getHeapStatistics } from "node:v8";
import { resourceLimits } from "node:worker_threads";
import type { Meter } from "./meter.ts";
import type { RunRecord } from "./record.ts";

/** Thrown by every host call after the end of the run; a guest may catch it, the empty counter ends it all the same. */
export class RunIsOver extends Error {
  constructor() {
    super("the run is over");
    this.name = "RunIsOver";
  }
}

type HostFunction = (...args: never[]) => unknown;

/** Wraps all functions of a namespace of imports; other values pass. */
export function guarded(
  namespace: Readonly<Record<string, unknown>>,
  record: RunRecord,
  meter: Meter,
  canThrow: boolean,
): WebAssembly.ModuleImports {
  const heapIsFull = heapWatch(canThrow);
  // Without a prototype: a guest that imports "constructor" from it would get JavaScript's own.
  const wrapped: WebAssembly.ModuleImports = Object.create(null);
  for (const [name, value] of Object.entries(namespace)) {
    wrapped[name] =
      typeof value === "function"
        ? guard(value as HostFunction, record, meter, heapIsFull)
        : (value as WebAssembly.ImportValue);
  }
  return wrapped;
}

/**
 * Whether the thread's own heap is half full. Only exceptions that a guest keeps can do that, and only a large allocation
 * in a nearly full heap ends the process instead of the thread (see engine/structure.ts): so no host call begins there.
 */
export function heapWatch(canThrow: boolean): () => boolean {
  if (!canThrow) return () => false;
  const most = ((resourceLimits.maxOldGenerationSizeMb ?? 64) * 1024 * 1024) / 2;
  return () => getHeapStatistics().used_heap_size > most;
}

function guard(call: HostFunction, record: RunRecord, meter: Meter, heapIsFull: () => boolean): HostFunction {
  return (...args) => {
    if (heapIsFull()) record.heapFull = true;
    if (record.inside || record.over) {
      // Either re-entered, or an earlier host call threw and the guest caught it.
      meter.stop();
      throw new RunIsOver();
    }
    record.inside = true;
    let result: unknown;
    try {
      result = call(...args);
    } catch (error) {
      // `inside` stays true. An exit is no fault: the kernel has recorded it before it threw.
      if (record.exitCode === null && !record.closed) record.fault ??= error ?? new Error("a host call threw nothing");
      throw error;
    }
    record.inside = false;
    return result;
  };
}
