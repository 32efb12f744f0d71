/**
 * Job: what waits on a thread for the next run of an engine: a memory that holds the image, a counter, a fresh instance whose
 * imports lead to nobody until the run connects them. Making it takes longer than a small program runs, so it is made
 * after the answer before.
 * Never: serve two runs; do anything of a program's.
 */
import { RunIsOver } from "./guard.ts";
import { Meter } from "./meter.ts";

type HostFunction = (...args: never[]) => unknown;

export class Standby {
  readonly memory: WebAssembly.Memory;
  readonly meter = new Meter();
  #instance: WebAssembly.Instance | null = null;
  #connected: WebAssembly.Imports | null = null;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
  }

  /** The engine's main instance; null: nobody has made it, the run makes its own. */
  get instance(): WebAssembly.Instance | null {
    return this.#instance;
  }

  /** Makes the main instance of a module that does nothing when it is instantiated. */
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
    return new WebAssembly.Instance(module, { ...all, capsule: importsOf(this.meter, [this.memory]) });
  }

  /** The run's own functions, once: this standby is that run's from here on. */
  connect(imports: WebAssembly.Imports): void {
    if (this.#connected !== null) throw new TypeError("a standby serves one run");
    this.#connected = imports;
  }

  #later(namespace: string, name: string): HostFunction {
    return (...args) => {
      const target = this.#connected?.[namespace]?.[name];
      if (typeof target !== "function") throw new RunIsOver();
      return (target as HostFunction)(...args);
    };
  }
}

/** What every metered module imports. */
export function importsOf(meter: Meter, memories: readonly WebAssembly.Memory[]): WebAssembly.ModuleImports {
  const capsule: WebAssembly.ModuleImports = { fuel: meter.fuel, refused: meter.refused };
  memories.forEach((memory, index) => {
    capsule[`memory${index}`] = memory;
  });
  return capsule;
}
