/** Job: put an engine's job, a policy's limits and a policy's grants together into what a worker thread runs. Never: decide any of the three. */
import type { Policy } from "../policy/policy.ts";
import { defaultQuotas } from "../wasi/config.ts";
import type { Job } from "../worker/thread.ts";
import type { EngineJob } from "./interface.ts";

/** The part of a policy that a thread needs. */
export type Allowance = Pick<Policy, "fuel" | "memoryBytes" | "files" | "env">;

export function toJob(job: EngineJob, allowed: Allowance, stdin: Job["stdin"]): Job {
  const own = new Set(allowed.env.map(([name]) => name));
  const granted = new Set(allowed.files.map(({ guestPath }) => guestPath));
  return {
    module: job.module,
    memories: job.memories,
    startFuel: job.startFuel,
    canThrow: job.canThrow ?? true,
    fuel: allowed.fuel,
    memoryBytes: allowed.memoryBytes,
    stdin,
    input: job.input,
    kernel: {
      args: job.args,
      env: [...job.env.filter(([name]) => !own.has(name)), ...allowed.env],
      mounts: [
        // A program whose grant is called "/tmp" means its own folder, not the engine's memory.
        ...job.mounts.filter(({ kind, guestPath }) => kind !== "temporary" || !granted.has(guestPath)),
        ...allowed.files.map(
          ({ hostPath, guestPath, mode }) => ({ kind: "directory", guestPath, hostPath, mode }) as const,
        ),
      ],
      preopens: job.preopensGrants === true ? [...new Set([...granted, ...job.preopens])] : job.preopens,
      clock: job.clock ?? { kind: "real" },
      random: job.random ?? { kind: "host" },
      quotas: defaultQuotas,
    },
  };
}
