/** Job: what an engine's half inside the worker looks like, and which one runs an input. Never: one of them. */
import type { EngineInput, RunMessage } from "../protocol.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Standby } from "./standby.ts";

/**
 * Runs the guest to its end and gives the JSON text of its result. Calls `sandbox.meter.begin` first, then
 * `sandbox.instantiate`. Lets everything that comes out of the guest pass; where the engine's runner in the guest reports
 * through a device how the program ended, the driver says so with `sandbox.record.report` as it happens, because the
 * guest may not come to an orderly end afterwards.
 */
export type Driver = (sandbox: Sandbox) => string | Promise<string>;

/** Makes the instances for a next run like `message`, after that one was answered. */
export type Prepare = (standby: Standby, message: RunMessage) => void;

interface Half {
  readonly run: Driver;
  readonly prepare?: Prepare;
}

const loaded = new Map<EngineInput["engine"], Half>();

/** Loads only the engine that is wanted: a thread that runs plain modules pays for no other. */
export function driverFor({ engine }: EngineInput): Half | Promise<Half> {
  return loaded.get(engine) ?? load(engine);
}

async function load(engine: EngineInput["engine"]): Promise<Half> {
  const half = await halfOf(engine);
  loaded.set(engine, half);
  return half;
}

async function halfOf(engine: EngineInput["engine"]): Promise<Half> {
  switch (engine) {
    case "module":
      return { run: (await import("./module.ts")).runModule };
    case "component":
      return { run: (await import("./component.ts")).runComponent };
    case "python": {
      const { runPython, preparePython } = await import("./python.ts");
      return { run: runPython, prepare: preparePython };
    }
    case "javascript": {
      const { runJavaScript, prepareJavaScript } = await import("./javascript.ts");
      return { run: runJavaScript, prepare: prepareJavaScript };
    }
  }
}
