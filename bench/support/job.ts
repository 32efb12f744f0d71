/** Job: a metered module as the pool takes it, with no rights and no surroundings. Never: a policy. */
import type { Instrumented } from "@capsule-run/instrument";
import { defaultQuotas } from "../../packages/host/src/wasi/config.ts";
import type { Job } from "../../packages/host/src/worker/thread.ts";

export const bareKernel: Job["kernel"] = {
  args: [],
  env: [],
  mounts: [],
  preopens: [],
  clock: { kind: "real" },
  random: { kind: "host" },
  quotas: defaultQuotas,
};

/** Runs `_start` of what was metered with `memory: "import"`. */
export function jobOf({ bytes, report }: Instrumented, limits: Pick<Job, "fuel" | "memoryBytes">): Job {
  return {
    module: new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>),
    memories: report.memories,
    startFuel: report.startFuel,
    stdin: null,
    input: { engine: "module", invoke: null },
    kernel: bareKernel,
    ...limits,
  };
}
