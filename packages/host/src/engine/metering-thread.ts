/** Job: the entry of a thread that meters one module and ends. Never: run anything of it. */
import { parentPort, workerData } from "node:worker_threads";
import { CapsuleError, type CapsuleErrorCode } from "../errors.ts";
import { type Metered, meterModule } from "./metering.ts";

export interface MeteringInput {
  readonly bytes: Uint8Array;
  readonly path: string;
}

export type MeteringOutput =
  | { readonly kind: "metered"; readonly metered: Metered }
  | { readonly kind: "refused"; readonly code: CapsuleErrorCode; readonly message: string };

function answer({ bytes, path }: MeteringInput): MeteringOutput {
  try {
    return { kind: "metered", metered: meterModule(bytes, path) };
  } catch (error) {
    // Anything else is our own fault and ends the thread with its stack.
    if (error instanceof CapsuleError) return { kind: "refused", code: error.code, message: error.message };
    throw error;
  }
}

parentPort?.postMessage(answer(workerData as MeteringInput));
