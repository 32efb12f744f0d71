/**
 * Job: everything that a WASI guest may ask of its host, in one synchronous place without linear memory or handle numbers:
 * the file tree, clocks, randomness, standard streams, waiting, and the end of the run. Fronts (preview1) translate.
 * Never: more than the configuration grants; text of the host's in an answer.
 */
import { CapsuleError } from "../errors.ts";
import { type Clock, createClock } from "./clock.ts";
import type { KernelConfig } from "./config.ts";
import { type FileGuards, Files, fileGuards } from "./files.ts";
import { Ledger } from "./ledger.ts";
import type { Directory } from "./node.ts";
import { OpenDirectory, OpenStream } from "./open.ts";
import { walk } from "./path.ts";
import { createRandom, type Random } from "./random.ts";
import type { KernelServices } from "./services.ts";
import { createTree } from "./tree.ts";
import { openVolume } from "./volume/open.ts";

/** Thrown through the guest when it has ended itself, and by every host call after that. The outcome is in `Kernel.ended`. */
export class GuestExit extends Error {
  constructor() {
    super("the guest has ended");
    this.name = "GuestExit";
  }
}

export interface KernelParts {
  readonly guards: FileGuards;
  readonly open: typeof openVolume;
  readonly createLedger: (...values: ConstructorParameters<typeof Ledger>) => Ledger;
}

const defaultParts: KernelParts = {
  guards: fileGuards,
  open: openVolume,
  createLedger: (quotas, denied) => new Ledger(quotas, denied),
};

export interface Preopen {
  readonly guestPath: string;
  readonly open: OpenDirectory;
}

/**
 * @example
 * ```ts
 * const kernel = new Kernel(config, services);
 * const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: preview1(kernel, () => memory.buffer) });
 * ```
 */
export class Kernel {
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly files: Files;
  readonly streams: readonly [OpenStream, OpenStream, OpenStream];
  readonly preopens: readonly Preopen[];
  readonly #services: KernelServices;
  readonly #root: Directory;
  /** The roots of the mounts: ours to close. */
  readonly #volumes: Directory[] = [];
  #ended: { readonly code: number } | null = null;
  #closed = false;
  #disposed = false;

  /** `parts`: for tests, which take a guard away or force a platform. */
  constructor(config: KernelConfig, services: KernelServices, parts: Partial<KernelParts> = {}) {
    const { guards, open, createLedger } = { ...defaultParts, ...parts };
    this.args = config.args;
    this.env = config.env.map(([name, value]) => `${name}=${value}`);
    this.clock = createClock(config.clock);
    this.random = createRandom(config.random);
    this.ledger = createLedger(config.quotas, (denial) => services.denied(denial));
    this.files = new Files(this.ledger, guards);
    this.#services = services;
    this.#root = createTree(config.mounts, services.devices, (mount) => {
      const volume = open(mount, this.clock, this.ledger);
      this.#volumes.push(volume);
      return volume;
    });
    const stream = (number: 0 | 1 | 2) => new OpenStream(number, services, this.ledger);
    this.streams = [stream(0), stream(1), stream(2)];
    this.preopens = config.preopens.map((guestPath) => ({ guestPath, open: this.#preopen(guestPath) }));
  }

  #preopen(guestPath: string): OpenDirectory {
    try {
      const directory = walk(this.#root, `.${guestPath}`, (parent, name) =>
        name === "." ? parent.duplicate() : parent.enter(name),
      );
      return new OpenDirectory(directory, this.ledger);
    } catch (error) {
      throw new CapsuleError(
        "invalid_config",
        `"${guestPath}" cannot be preopened: it is no directory of the guest's`,
        {
          cause: error,
        },
      );
    }
  }

  // ——— the end ———

  /** True once the guest has ended or was ended: every front must refuse every call from then on. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How the guest ended itself; null: it did not. Decide outcomes from this, not from what was thrown. */
  get ended(): { readonly code: number } | null {
    return this.#ended;
  }

  /** The guest ends itself. The counter goes to 0 first: what is thrown here may be caught by the guest. */
  end(code: number): never {
    this.#ended = { code };
    this.abort();
    throw new GuestExit();
  }

  /** No more calls, whoever decided it. */
  abort(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#services.exhaust();
  }

  /** Closes everything that the guest left open, and the tree; once. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#closed = true;
    this.ledger.closeAll();
    this.#root.close();
    for (const volume of this.#volumes.splice(0)) volume.close();
  }

  // ——— waiting ———

  /** Blocks for that long without using the processor; passes virtual time at once. */
  sleep(nanoseconds: bigint): void {
    if (nanoseconds <= 0n) return;
    if (this.clock.skip !== null) {
      this.clock.skip(nanoseconds);
      return;
    }
    const until = this.clock.monotonic() + nanoseconds;
    for (let left = nanoseconds; left > 0n; left = until - this.clock.monotonic())
      // An hour at a time: longer waits do not fit the timers below.
      this.#services.sleep(Math.min(Number(left) / 1e6, 3_600_000));
  }
}
