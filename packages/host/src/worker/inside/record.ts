/**
 * Job: the host's own record of one run: what the guest did through us that ends it. The outcome is decided from this,
 * because what comes out of a guest that catches everything proves nothing.
 * Never: read the guest's memory or results.
 */
import type { Ending } from "../protocol.ts";

export class RunRecord {
  /** The guest called exit, with this code. */
  exitCode: number | null = null;
  /** The kernel ended the guest without an exit code. */
  closed = false;
  /** An error of our own code inside a host call: the first one. The run is poisoned. */
  fault: unknown = null;
  /** A host call is running; still true after it ended by throwing. */
  inside = false;
  /** The guest has filled the thread's own heap with exceptions. */
  heapFull = false;
  /** What the engine's runner in the guest reported through a device, before anything else happened. */
  reported: Ending | null = null;

  /** The engine's driver reports how the program ended; the first report stands. */
  report(ending: Ending): void {
    this.reported ??= ending;
  }

  /** Whether no further host call may have an effect. */
  get over(): boolean {
    return this.closed || this.heapFull || this.exitCode !== null || this.fault !== null;
  }
}
