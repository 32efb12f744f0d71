/** Job: what an engine's half inside the worker looks like, and which one runs an input. Never: one of them. */
import type { EngineInput } from "../protocol.ts";
import type { Sandbox } from "./sandbox.ts";

/**
 * Runs the guest to its end and gives the JSON text of its result. Calls `sandbox.meter.begin` first, then
 * `sandbox.instantiate`. Lets everything that comes out of the guest pass; where the engine's runner in the guest reports
 * through a device how the program ended, the driver says so with `sandbox.record.report` as it happens, because the
 * guest may not come to an orderly end afterwards.
 */
export type Driver = (sandbox: Sandbox) => string | Promise<string>;

/** Loads only the engine that is wanted: a thread that runs plain modules pays for no other. */
export async function driverFor(input: EngineInput): Promise<Driver> {
  switch (input.engine) {
    case "module":
      return (await import("./module.ts")).runModule;
    case "python":
      return (await import("./python.ts")).runPython;
    case "javascript":
      return (await import("./javascript.ts")).runJavaScript;
  }
}
