/** Job: run Python programs in this thread. Never: touch the host. */
import type { Driver } from "./driver.ts";
import { RunFailure } from "./verdict.ts";

export const runPython: Driver = () => {
  throw new RunFailure({ kind: "failed", code: "internal_error", message: "the Python engine is not part of this build" });
};
