/**
 * Job: what waits on a thread for the next run of an engine: a memory that holds the image, a counter, the engine's instances
 * on both, with imports that lead to nobody until the run connects them.
 * Never: do anything of a program's; serve a run before everything that the run before could change is what it was.
 *
 * Instances are used again, for engines only. What code can change of an instance is its memories, its mutable globals, its
 * tables and its segments. The memory is put back from the image (image-shelf.ts), the globals from what they were; code that
 * writes tables or drops segments, or has a mutable global that the host cannot reach, is not in the engines' modules:
 * test/host/standby.test.ts reads every operator of them. A new instance of CPython costs 0.5 ms and leaves 550 KB for the
 * collector of a heap of 128 MB, which then takes as long again as everything else that a small run does.
 */
import { RunIsOver } from "./guard.ts";
import { Meter } from "./meter.ts";

/** For start functions: they are the engine's, and have no need to grow the memory. */
const linkFuel = 1_000_000_000n;

type HostFunction = (...args: never[]) => unknown;

export class Standby {
  readonly memory: WebAssembly.Memory;
  readonly meter = new Meter();
  #instance: WebAssembly.Instance | null = null;
  #connected: WebAssembly.Imports | null = null;
  /** Every mutable global of the instances, with the value that a run finds. */
  readonly #globals: (readonly [WebAssembly.Global, unknown])[] = [];

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
  }

  /** The engine's main instance. */
  get instance(): WebAssembly.Instance {
    if (this.#instance === null) throw new TypeError("the standby has no instance yet");
    return this.#instance;
  }

  /** Makes the main instance. */
  instantiate(module: WebAssembly.Module): WebAssembly.Instance {
    this.#instance = this.link(module, {});
    return this.#instance;
  }

  /** An instance beside it, on the same counter and memory. Functions that `imports` do not have are the run's to connect. */
  link(module: WebAssembly.Module, imports: Readonly<Record<string, WebAssembly.ModuleImports>>): WebAssembly.Instance {
    const all: Record<string, WebAssembly.ModuleImports> = { ...imports };
    for (const { module: namespace, name, kind } of WebAssembly.Module.imports(module)) {
      if (kind !== "function" || imports[namespace]?.[name] !== undefined) continue;
      all[namespace] = { ...all[namespace], [name]: this.#later(namespace, name) };
    }
    this.meter.begin(linkFuel);
    const instance = new WebAssembly.Instance(module, { ...all, capsule: importsOf(this.meter, [this.memory]) });
    for (const namespace of [instance.exports, ...Object.values(imports)])
      for (const value of Object.values(namespace)) if (isMutable(value)) this.#globals.push([value, value.value]);
    return instance;
  }

  /** The run's own functions: this standby is that run's until it is disconnected. */
  connect(imports: WebAssembly.Imports): void {
    if (this.#connected !== null) throw new TypeError("a standby serves one run at a time");
    this.#connected = imports;
  }

  /** After a run that came to an orderly end; the memory is put back by whoever keeps the image. */
  reset(): void {
    this.#connected = null;
    this.meter.reset();
    for (const [global, value] of this.#globals) global.value = value;
  }

  #later(namespace: string, name: string): HostFunction {
    return (...args) => {
      const target = this.#connected?.[namespace]?.[name];
      if (typeof target !== "function") throw new RunIsOver();
      return (target as HostFunction)(...args);
    };
  }
}

function isMutable(value: unknown): value is WebAssembly.Global {
  if (!(value instanceof WebAssembly.Global)) return false;
  try {
    const { value: now } = value;
    value.value = now;
    return true;
  } catch {
    return false; // setting an immutable global throws a TypeError; there is no other way to ask
  }
}

/** What every metered module imports. */
export function importsOf(meter: Meter, memories: readonly WebAssembly.Memory[] = []): WebAssembly.ModuleImports {
  const capsule: WebAssembly.ModuleImports = { fuel: meter.fuel, refused: meter.refused, pages: meter.pages };
  memories.forEach((memory, index) => {
    capsule[`memory${index}`] = memory;
  });
  return capsule;
}
