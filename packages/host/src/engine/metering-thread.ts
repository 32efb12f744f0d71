/** Job: the entry of a thread that meters one module or one component and ends. Never: run anything of it. */
import { parentPort, workerData } from "node:worker_threads";
import { CapsuleError, type CapsuleErrorCode } from "../errors.ts";
import { type MeteredComponent, meterComponent } from "./component/metering.ts";
import { type Metered, meterModule } from "./metering.ts";

export interface MeteringInput {
  readonly what: "module" | "component";
  readonly bytes: Uint8Array;
  readonly path: string;
}

export type MeteringOutput =
  | { readonly kind: "metered"; readonly metered: Metered | MeteredComponent }
  | { readonly kind: "refused"; readonly code: CapsuleErrorCode; readonly message: string };

function answer({ what, bytes, path }: MeteringInput): MeteringOutput {
  try {
    const metered = what === "module" ? meterModule(bytes, path) : meterComponent(bytes, path);
    return { kind: "metered", metered };
  } catch (error) {
    // Anything else is our own fault and ends the thread with its stack.
    if (error instanceof CapsuleError) return { kind: "refused", code: error.code, message: error.message };
    throw error;
  }
}

parentPort?.postMessage(answer(workerData as MeteringInput));
