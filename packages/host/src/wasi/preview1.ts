/** Job: wasi_snapshot_preview1 in front of a kernel: every function of the snapshot, as imports. Never: state of its own besides handle numbers. */
import { Fault, faultOf } from "./fault.ts";
import { GuestExit, type Kernel } from "./kernel.ts";
import { errno } from "./preview1/abi.ts";
import type { Context, HostFunction } from "./preview1/context.ts";
import { descriptorFunctions } from "./preview1/descriptors.ts";
import { Handles } from "./preview1/handles.ts";
import { GuestMemory } from "./preview1/memory.ts";
import { pathFunctions } from "./preview1/paths.ts";
import { pollFunctions } from "./preview1/poll.ts";
import { processFunctions } from "./preview1/process.ts";

/** As WebAssembly calls them: numbers and bigints in, an errno out. */
export type Preview1 = Readonly<Record<string, (...values: (number | bigint)[]) => number>>;

const success = 0;

/** Whether a call is under way; shared by all functions of one guest. */
interface Entry {
  busy: boolean;
}

function guarded(kernel: Kernel, entry: Entry, act: HostFunction): (...values: (number | bigint)[]) => number {
  const call = act as (...values: (number | bigint)[]) => void;
  return (...values) => {
    // Busy: called from within a call, or after one that was cut off halfway (a full stack) and whose end the guest has caught.
    if (entry.busy || kernel.closed) {
      kernel.abort();
      throw new GuestExit();
    }
    entry.busy = true;
    try {
      call(...values);
    } catch (thrown) {
      const fault = faultOf(thrown);
      if (fault instanceof Fault) {
        entry.busy = false;
        return errno[fault.code];
      }
      // Ours, a service's, or a full stack: the guest must not go on with a call half done, even if it catches this.
      kernel.abort();
      throw thrown;
    }
    entry.busy = false;
    return success;
  };
}

/**
 * The imports `wasi_snapshot_preview1` for one instance. `memory` is asked at each call, since growing replaces the buffer.
 * Sockets are refused; `proc_exit` ends through {@link Kernel.end}. `parts` is for tests that take a guard away.
 * @example
 * ```ts
 * const imports = { wasi_snapshot_preview1: preview1(kernel, () => memory.buffer) };
 * ```
 */
export function preview1(
  kernel: Kernel,
  memory: () => ArrayBuffer,
  parts: Partial<Pick<Context, "memory" | "handles">> = {},
): Preview1 {
  const context: Context = {
    kernel,
    memory: parts.memory ?? new GuestMemory(memory, kernel.ledger),
    handles: parts.handles ?? new Handles(kernel),
  };
  const entry: Entry = { busy: false };
  const groups = [processFunctions, descriptorFunctions, pathFunctions, pollFunctions];
  return Object.fromEntries(
    groups.flatMap((group) => Object.entries(group(context))).map(([name, act]) => [name, guarded(kernel, entry, act)]),
  );
}
