/**
 * Job: run a component: link it on the run's one counter, with WASI 0.2 and the host's own interface, call one export, say
 * how that ended.
 * Never: parse a component or generate code; give a core module another's memory.
 */
import type { Component } from "@capsule-run/instrument/component";
import {
  ComponentError,
  type ComponentInstance,
  type ExportedFunction,
  type HostFunction,
  type HostInstance,
  instantiate,
} from "../../component/index.ts";
import { servedName } from "../../wasi/preview2/versions.ts";
import { wasiWorld } from "../../wasi/preview2/world.ts";
import { type Preview2, preview2 } from "../../wasi/preview2.ts";
import type { ComponentCall, ComponentInput } from "../protocol.ts";
import { raisedByComponent, taskEnding } from "./component-report.ts";
import { preview2Services } from "./component-services.ts";
import { resultJson } from "./component-value.ts";
import type { Driver } from "./driver.ts";
import { heapWatch, RunIsOver } from "./guard.ts";
import type { Sandbox } from "./sandbox.ts";
import { importsOf } from "./standby.ts";
import { RunFailure } from "./verdict.ts";

/** Live handles of all component instances: each is an object on the thread's own heap. */
const mostHandles = 100_000;
/** What one call may make of guest memory in JavaScript values; the thread's heap has 128 MB. */
const mostLiftedBytes = 32 * 1024 * 1024;
/** Of one string or list where exceptions that a guest keeps can fill the heap before. */
const largestBesideExceptions = 4 * 1024 * 1024;

export const runComponent: Driver = componentDriver();

/** Keeps what it has read of our own text: the types of WASI, and the model that the run before had. */
function componentDriver(): Driver {
  let declarations: ReturnType<typeof wasiWorld> | null = null;
  let latest: { readonly model: string; readonly component: Component } | null = null;
  return (sandbox) => {
    const { input, fuel, startFuel } = sandbox.message;
    if (input.engine !== "component") throw new TypeError(`the component driver cannot run ${input.engine}`);
    declarations ??= wasiWorld();
    const { model } = input;
    if (latest?.model !== model) latest = { model, component: JSON.parse(model) as Component };
    sandbox.meter.begin(fuel, startFuel);
    return call(link(sandbox, latest.component, input.modules, declarations), input.call);
  };
}

function link(
  sandbox: Sandbox,
  component: Component,
  modules: ComponentInput["modules"],
  declarations: ReturnType<typeof wasiWorld>,
): ComponentInstance {
  const { meter } = sandbox;
  const host = watched(preview2(sandbox.open(), preview2Services(sandbox.channel)), sandbox);
  // As they are listed: by instance, in the order in which instances are made.
  const memories = sandbox.memories.values();
  try {
    return instantiate(component, {
      instantiateCore(number, imports) {
        const own = modules[number]!;
        const capsule = importsOf(meter);
        for (const index of own.memories) {
          const next = memories.next();
          if (next.done) throw new TypeError("a component makes more instances than were counted");
          capsule[`memory${index}`] = next.value;
        }
        // Without a prototype, as the linker made it: "constructor", which nobody gave, would be JavaScript's own.
        return new WebAssembly.Instance(own.module, Object.assign(Object.create(null), imports, { capsule }));
      },
      resolve(name, wanted) {
        const base = wanted.kind === "instance" ? servedName(name) : null;
        return base === null ? undefined : host.get(base);
      },
      world: {
        declarations,
        nameOf: (name) => servedName(name) ?? name,
        find: (name) => host.get(name),
      },
      limits: {
        liftBytes: mostLiftedBytes,
        largestValue: sandbox.message.canThrow === false ? mostLiftedBytes : largestBesideExceptions,
        handles: mostHandles,
      },
    });
  } catch (error) {
    if (!(error instanceof ComponentError)) throw error;
    throw new RunFailure({
      kind: "failed",
      code: "build_error",
      message: `the component cannot be linked: ${error.message}`,
    });
  }
}

/** As preview 1 is guarded where exceptions can be made; what else a guest may not do in a call, preview 2 and the linker see to. */
function watched(host: Preview2, { message, meter, record }: Sandbox): Preview2 {
  if (message.canThrow === false) return host;
  const heapIsFull = heapWatch(true);
  const guard =
    (call: HostFunction): HostFunction =>
    (...args) => {
      if (!heapIsFull()) return call(...args);
      record.heapFull = true;
      meter.stop();
      throw new RunIsOver();
    };
  const guardAll = ({ functions, resources }: HostInstance): HostInstance => ({
    functions: new Map([...functions].map(([name, call]) => [name, guard(call)])),
    resources,
  });
  return new Map([...host].map(([name, instance]) => [name, guardAll(instance)]));
}

function call(instance: ComponentInstance, wanted: ComponentCall): string {
  switch (wanted.kind) {
    case "command": {
      const result = functionOf(instance, wanted.interface, "run").call();
      if (tagOf(result) === "err") throw new RunFailure({ kind: "exited", code: 1 });
      return "null";
    }
    case "task":
      return taskEnding(functionOf(instance, wanted.interface, "run").call(wanted.request));
    case "function": {
      const { call: run, type } = functionOf(instance, wanted.interface, wanted.name);
      const result = run(...wanted.args);
      // A function's own result is how it says that it failed, as an exception is a task's.
      if (type.result?.kind !== "result") return resultJson(result);
      const payload = (result as { readonly val?: never }).val;
      if (tagOf(result) === "err") throw raisedByComponent(payload);
      return resultJson(payload);
    }
  }
}

function functionOf(instance: ComponentInstance, interfaceName: string | null, name: string): ExportedFunction {
  const owner = interfaceName === null ? instance : instance.exports.get(interfaceName);
  const found = owner !== undefined && "exports" in owner ? owner.exports.get(name) : undefined;
  if (found?.kind === "func") return found;
  throw new TypeError(`the component exports no function ${JSON.stringify(name)}`);
}

const tagOf = (result: unknown): unknown =>
  typeof result === "object" && result !== null && "tag" in result ? result.tag : undefined;
