/** Job: what a kernel asks of the thread that it lives in. Never: an implementation. */
import type { Denial } from "./config.ts";

/** A file of the guest's tree that is a conversation with the host: each open handle shares one state. */
export interface Device {
  /** Takes all of `bytes` or throws. */
  write(bytes: Uint8Array): void;
  /** At most `maxBytes`; empty means end of file. */
  read(maxBytes: number): Uint8Array;
}

export interface KernelServices {
  /** Standard output (1) or error (2) of the guest; the bytes are the callee's to keep. */
  output(stream: 1 | 2, bytes: Uint8Array): void;
  /** Standard input: at most `maxBytes`, empty at its end; blocks the thread while there is none yet. */
  input(maxBytes: number): Uint8Array;
  /** Block the thread for `milliseconds` without using the processor. */
  sleep(milliseconds: number): void;
  denied(denial: Denial): void;
  /** Guest path → device. */
  readonly devices: ReadonlyMap<string, Device>;
  /**
   * Called once when the guest ends itself (`Kernel.ended` is set then) or the kernel ends it, before the kernel throws:
   * keeps the record and sets the counter to 0, so that no `catch_all` outlives it.
   */
  exhaust(): void;
}
