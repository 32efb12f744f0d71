/** Job: what an engine's half inside the worker looks like, and which one runs an input. Never: one of them. */
import type { EngineInput } from "../protocol.ts";
import type { Link } from "./image-shelf.ts";
import type { Sandbox } from "./sandbox.ts";

/**
 * Runs the guest to its end and gives the JSON text of its result. Calls `sandbox.meter.begin` first, then
 * `sandbox.instantiate`. Lets everything that comes out of the guest pass; where the engine's runner in the guest reports
 * through a device how the program ended, the driver says so with `sandbox.record.report` as it happens, because the
 * guest may not come to an orderly end afterwards.
 */
export type Driver = (sandbox: Sandbox) => string | Promise<string>;

interface Half {
  readonly run: Driver;
  /** Of an engine with images. */
  readonly link: Link;
}

const noImage: Link = () => {
  throw new TypeError("this engine has no images");
};

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
      return { run: (await import("./module.ts")).runModule, link: noImage };
    case "component":
      return { run: (await import("./component.ts")).runComponent, link: noImage };
    case "python": {
      const { runPython, linkPython } = await import("./python.ts");
      return { run: runPython, link: linkPython };
    }
    case "javascript": {
      const { runJavaScript, linkJavaScript } = await import("./javascript.ts");
      return { run: runJavaScript, link: linkJavaScript };
    }
  }
}
