/**
 * Job: WASI 0.2 (and capsule:host/api) in front of a kernel: every interface that a component may import, as host instances.
 * Never: state of its own besides the resources that the guest holds; know versions (the linker matches them).
 */
import { ComponentTrap } from "../component/errors.ts";
import type { ComponentValue, HostFunction, HostInstance, HostResource } from "../component/value.ts";
import { Fault, faultOf } from "./fault.ts";
import { GuestExit, type Kernel } from "./kernel.ts";
import { HostCalls } from "./preview2/calls.ts";
import { cliInterfaces } from "./preview2/cli.ts";
import { clockInterfaces, randomInterfaces } from "./preview2/clocks.ts";
import type { Context, Typed } from "./preview2/context.ts";
import { filesystemInterfaces } from "./preview2/filesystem.ts";
import { Held } from "./preview2/held.ts";
import { hostInterfaces } from "./preview2/host-api.ts";
import { httpInterfaces } from "./preview2/http/types.ts";
import { ioInterfaces } from "./preview2/io.ts";
import type { Preview2Services } from "./preview2/services.ts";
import { socketInterfaces } from "./preview2/sockets.ts";
import { Waits } from "./preview2/waits.ts";

export type {
  HttpBodyRequest,
  HttpFailed,
  HttpHead,
  HttpPiece,
  HttpRequest,
  HttpService,
  Preview2Services,
  TaskAnswer,
} from "./preview2/services.ts";

/** Interface name without version ("wasi:io/streams") → what stands behind it. */
export type Preview2 = ReadonlyMap<string, HostInstance>;

/** Whether a call is under way; shared by all functions of one guest. */
interface Entry {
  busy: boolean;
}

function guarded(kernel: Kernel, entry: Entry, act: Typed): HostFunction {
  const call = act as (...args: readonly ComponentValue[]) => ComponentValue | undefined;
  return (...args) => {
    // Busy: called from within a call, or after one that was cut off halfway (a full stack) and whose end the guest has caught.
    if (entry.busy || kernel.closed) {
      kernel.abort();
      throw new GuestExit();
    }
    entry.busy = true;
    let result: ComponentValue | undefined;
    try {
      result = call(...args);
    } catch (thrown) {
      // A trap, an exit, ours, a service's, or a full stack: the guest must not go on, even if it catches this.
      kernel.abort();
      const fault = faultOf(thrown);
      throw fault instanceof Fault ? new ComponentTrap(`the call is refused: ${fault.code}`) : thrown;
    }
    entry.busy = false;
    return result;
  };
}

/** Dropping tells nothing: what could not be closed is closed with the kernel. */
function dropped(kernel: Kernel, end: (object: never) => void): HostResource {
  return {
    drop: (object) => {
      if (kernel.closed) return;
      try {
        end(object as never);
      } catch (thrown) {
        if (faultOf(thrown) instanceof Fault) return;
        kernel.abort();
        throw thrown;
      }
    },
  };
}

/**
 * What one component may import. Denied and impossible things are answers where the WIT has one and traps
 * (`ComponentTrap`) where it has none; `exit` ends through {@link Kernel.end}.
 * @example
 * ```ts
 * const host = preview2(kernel, services);
 * host.get("wasi:cli/environment")?.functions.get("get-arguments")?.(); // ["hello.wasm"]
 * ```
 */
export function preview2(kernel: Kernel, services: Preview2Services): Preview2 {
  const calls = new HostCalls(services.http);
  const context: Context = { kernel, services, calls, waits: new Waits(kernel, calls), held: new Held() };
  const entry: Entry = { busy: false };
  const groups = [
    cliInterfaces,
    clockInterfaces,
    randomInterfaces,
    ioInterfaces,
    filesystemInterfaces,
    socketInterfaces,
    httpInterfaces,
    hostInterfaces,
  ];
  const parts = groups.flatMap((group) => Object.entries(group(context)));
  return new Map(
    parts.map(([name, { functions, resources = {} }]) => [
      name,
      {
        functions: new Map(Object.entries(functions).map(([key, act]) => [key, guarded(kernel, entry, act)])),
        resources: new Map(Object.entries(resources).map(([key, end]) => [key, dropped(kernel, end)])),
      },
    ]),
  );
}
