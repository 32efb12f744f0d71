/** Job: count what the guest has used against the quotas, and tell each denial. Never: files. */
import type { Denial, Quotas } from "./config.ts";
import { Fault } from "./fault.ts";
import type { KernelServices } from "./services.ts";

/** Denial events of one run; a guest that provokes millions must not flood its host. */
const maxDenials = 100;

/** Anything that a guest's handle can stand for. */
export interface Closable {
  close(): void;
}

export class Ledger {
  readonly quotas: Quotas;
  readonly #denied: KernelServices["denied"];
  readonly #told = new Set<string>();
  #denials = 0;
  readonly #open = new Set<Closable>();
  #outputBytes = 0;
  #fileBytes = 0;
  #entries = 0;

  constructor(quotas: Quotas, denied: KernelServices["denied"]) {
    this.quotas = quotas;
    this.#denied = denied;
  }

  deny(denial: Denial): void {
    if (this.#denials >= maxDenials) return;
    this.#denials += 1;
    this.#denied(denial);
    if (this.#denials === maxDenials)
      this.#denied({
        kind: "quota",
        what: `${maxDenials} denials`,
        reason: "further denials of this run are not reported",
        hint: "fix the ones reported so far",
      });
  }

  #exhausted(name: keyof Quotas, what: string, fault: Fault): Fault {
    if (!this.#told.has(name)) {
      this.#told.add(name);
      this.deny({ kind: "quota", what, reason: `the limit is ${this.quotas[name]}`, hint: `a higher ${name} limit` });
    }
    return fault;
  }

  /** Before something is opened. */
  checkHandle(): void {
    if (this.#open.size >= this.quotas.openHandles)
      throw this.#exhausted("openHandles", "open files and directories", new Fault("EMFILE"));
  }

  hold(open: Closable): void {
    this.#open.add(open);
  }

  release(open: Closable): void {
    this.#open.delete(open);
  }

  closeAll(): void {
    for (const open of this.#open) open.close();
  }

  /** How many of `wanted` bytes may still be printed; none left is a fault. */
  takeOutput(wanted: number): number {
    const left = this.quotas.outputBytes - this.#outputBytes;
    if (wanted > 0 && left <= 0) throw this.#exhausted("outputBytes", "bytes printed", new Fault("EDQUOT"));
    const taken = Math.min(wanted, left);
    this.#outputBytes += taken;
    return taken;
  }

  /** How many of `wanted` bytes may still be written to files, after `hole` bytes of growth that carry no data. */
  takeFileBytes(wanted: number, hole = 0): number {
    const left = this.quotas.fileBytesWritten - this.#fileBytes - hole;
    if (left < 0 || (wanted > 0 && left <= 0))
      throw this.#exhausted("fileBytesWritten", "bytes written to files", new Fault("EDQUOT"));
    const taken = Math.min(wanted, left);
    this.#fileBytes += hole + taken;
    return taken;
  }

  /** `make` makes a new name in a directory; it counts once it exists, so that trying again is free. */
  newEntry<T>(make: () => T): T {
    if (this.#entries >= this.quotas.directoryEntries)
      throw this.#exhausted("directoryEntries", "files and directories created", new Fault("EDQUOT"));
    const made = make();
    this.#entries += 1;
    return made;
  }

  tooManyEntries(): Fault {
    return this.#exhausted("directoryEntries", "entries of one directory", new Fault("ENOMEM"));
  }

  checkPath(bytes: number): void {
    if (bytes > this.quotas.pathBytes) throw this.#exhausted("pathBytes", "bytes of a path", new Fault("ENAMETOOLONG"));
  }

  checkPoll(subscriptions: number): void {
    if (subscriptions > this.quotas.pollSubscriptions)
      throw this.#exhausted("pollSubscriptions", "subscriptions of one poll", new Fault("EINVAL"));
  }
}
