/**
 * Job: one run's surroundings: counter, memories, kernel, guarded imports; and the instance made from them.
 * Never: know which engine runs in it (see driver.ts), nor judge how the run ended (see verdict.ts).
 */
import type { Denial } from "../../wasi/config.ts";
import { Kernel } from "../../wasi/kernel.ts";
import { preview1 } from "../../wasi/preview1.ts";
import type { Device, KernelServices } from "../../wasi/services.ts";
import type { Ending, RunMessage, Usage } from "../protocol.ts";
import type { Channel } from "./channel.ts";
import { guarded, RunIsOver } from "./guard.ts";
import { createMemories, memoryBytes } from "./memory.ts";
import { Meter } from "./meter.ts";
import { RunRecord } from "./record.ts";
import { importsOf, type Standby } from "./standby.ts";

export class Sandbox {
  readonly message: RunMessage;
  readonly channel: Channel;
  readonly meter: Meter;
  readonly record = new RunRecord();
  readonly memories: readonly WebAssembly.Memory[];
  /** Of a run from an image: memory with the image, counter and instances. */
  readonly standby: Standby | null;
  /** The latest refusal by policy: the reason behind an error that ends the program. */
  lastDenial: Denial | null = null;
  #kernel: Kernel | null = null;
  #memory: WebAssembly.Memory | null = null;
  #stdinAt = 0;

  /** @throws MemoryTooSmall */
  constructor(message: RunMessage, channel: Channel, standby: Standby | null = null) {
    this.message = message;
    this.channel = channel;
    channel.beforeWait = () => this.#publish();
    this.standby = standby;
    this.meter = standby?.meter ?? new Meter();
    this.memories = standby !== null ? [standby.memory] : createMemories(message.memories, message.memoryBytes);
    this.meter.boundMemory(message.memoryBytes);
  }

  /** Makes the kernel, with the engine's own `devices`. Call `meter.begin` before. */
  open(devices: ReadonlyMap<string, Device> = new Map()): Kernel {
    if (this.meter.exhausted) throw new RunIsOver();
    const kernel = new Kernel(this.message.kernel, this.#services(devices));
    this.#kernel = kernel;
    this.#publish();
    return kernel;
  }

  /**
   * Makes the kernel, with the engine's own `devices`, and the instance; the module's start function runs here. Call
   * `meter.begin` before. Throws what the start function throws. `imports`: host functions of the engine's own, by module.
   */
  instantiate(
    devices: ReadonlyMap<string, Device> = new Map(),
    imports: Readonly<Record<string, WebAssembly.ModuleImports>> = {},
  ): WebAssembly.Instance {
    this.open(devices);
    // Before there are exports (the start function) system calls mean the first memory, then the one exported as "memory".
    this.#memory = this.memories[0] ?? null;
    this.standby?.connect({ ...imports, wasi_snapshot_preview1: this.#wasi() });
    const instance = this.standby?.instance ?? this.link(this.message.module, imports);
    const exported = instance.exports["memory"];
    if (exported instanceof WebAssembly.Memory) this.#memory = exported;
    return instance;
  }

  /** An instance of a module that belongs to this run, on the same counter; WASI is guarded, `imports` are as the engine made them. */
  link(module: WebAssembly.Module, imports: Readonly<Record<string, WebAssembly.ModuleImports>>): WebAssembly.Instance {
    const all = {
      ...imports,
      capsule: importsOf(this.meter, this.memories),
      wasi_snapshot_preview1: this.#wasi(),
    };
    // What a module may import is checked before; and without a prototype a name that nobody gave is not there.
    return new WebAssembly.Instance(module, Object.assign(Object.create(null), all));
  }

  #wasi(): WebAssembly.ModuleImports {
    const functions = preview1(this.kernel, () => this.memory.buffer as ArrayBuffer);
    return guarded(functions, this.record, this.meter, this.message.canThrow ?? true);
  }

  /** After `instantiate`. */
  get kernel(): Kernel {
    if (this.#kernel === null) throw new TypeError("the sandbox has no instance yet");
    return this.#kernel;
  }

  /** The memory that system calls mean. */
  get memory(): WebAssembly.Memory {
    if (this.#memory === null) throw new WebAssembly.LinkError("the module calls WASI but has no memory");
    return this.#memory;
  }

  /** The engine's runner in the guest has said how the program ended: what the guest does from here on has no effect. */
  end(ending: Ending): never {
    this.record.report(ending);
    this.record.closed = true;
    this.meter.stop();
    throw new RunIsOver();
  }

  /** Gives back what the run holds of the host; the guest cannot run any more. */
  dispose(): void {
    this.meter.stop();
    this.#kernel?.dispose();
  }

  get usage(): Usage {
    return { fuelConsumed: this.meter.consumed, memoryPeak: memoryBytes(this.memories) };
  }

  #services(devices: ReadonlyMap<string, Device>): KernelServices {
    return {
      devices,
      output: (stream, bytes) => {
        this.#publish();
        // A view of guest memory cannot be transferred; the kernel gives bytes of their own.
        const whole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
        this.channel.post(
          { kind: "output", stream, bytes },
          bytes.byteLength,
          whole ? [bytes.buffer as ArrayBuffer] : [],
        );
      },
      input: (maxBytes) => this.#input(maxBytes),
      sleep: (milliseconds) => this.channel.sleep(milliseconds),
      denied: (denial: Denial) => {
        // CPython looks for the file of code that has none ("<string>") to show its line: refused, but nobody's wish.
        if (denial.kind === "file" && /^\/<[^/]*>$/.test(denial.what)) return;
        this.lastDenial = denial;
        this.channel.post({ kind: "denied", denial }, denial.what.length + denial.reason.length);
      },
      exhaust: () => {
        if (!this.record.over) this.record.exitCode = this.#kernel?.ended?.code ?? null;
        this.record.closed = true;
        this.meter.stop();
      },
    };
  }

  #input(maxBytes: number): Uint8Array {
    const { stdin } = this.message;
    if (stdin === null) return new Uint8Array(0);
    if (stdin === "stream") {
      const reply = this.channel.call({ kind: "input", maxBytes });
      return reply.ok ? reply.bytes : new Uint8Array(0);
    }
    const bytes = stdin.subarray(this.#stdinAt, this.#stdinAt + maxBytes);
    this.#stdinAt += bytes.byteLength;
    return bytes;
  }

  #publish(): void {
    this.channel.publish(this.meter.consumed, memoryBytes(this.memories));
  }
}
