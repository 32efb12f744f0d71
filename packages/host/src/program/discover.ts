/**
 * Job: run a program's top level once, without any rights and on a small budget, to learn what it declares.
 * Never: give the program a file, a host, a variable, standard input, or a listener for its prints.
 */
import type { EngineContext, Program } from "../engine/interface.ts";
import { toJob } from "../engine/job.ts";
import { CapsuleError } from "../errors.ts";
import { formatDuration, formatFuel, formatSize } from "../policy/quantities.ts";
import { emptyPlan, type Plan, readPlan } from "./plan.ts";

/** Enough for large npm packages that are parsed and set up; a top level that computes belongs into a task. */
const discoveryFuel = 5_000_000_000n;
const discoveryMemory = 512 * 1024 * 1024;
const discoveryTimeoutMs = 10_000;

/**
 * A top level that does not come to its end here has declared nothing: it is a script, or needs rights for what belongs
 * into a task. Which of the two shows when it runs as a script, with the rights of one; the plan keeps what happened here.
 * @throws CapsuleError `invalid_config` when declarations are wrong, `cancelled`
 */
export async function discover(program: Program, context: Pick<EngineContext, "run">): Promise<Plan> {
  const engineJob = program.discovery();
  if (engineJob === null) return emptyPlan;
  const memoryBytes = Math.max(discoveryMemory, program.minimumMemoryBytes);
  const job = toJob(engineJob, { fuel: discoveryFuel, memoryBytes, files: [], env: [] }, null);
  const { ending } = await context.run(job, {}, { timeoutMs: discoveryTimeoutMs });
  const script = (incomplete: string): Plan => ({ ...emptyPlan, declares: true, incomplete });
  switch (ending.kind) {
    case "returned":
      return readPlan(ending.value);
    case "exited":
      return script(`it ended with exit status ${ending.code}`);
    case "raised":
      return script(`it failed:\n${ending.message}`);
    case "out_of_fuel":
      return script(`it used more than ${formatFuel(discoveryFuel)}`);
    case "out_of_memory":
      return script(`it used more than ${formatSize(memoryBytes)} of memory`);
    case "timeout":
      return script(`it did not end within ${formatDuration(discoveryTimeoutMs)}`);
    case "trapped":
      return script(`it broke off: ${ending.message}`);
    case "cancelled":
      throw new CapsuleError("cancelled", "the host was closed while the program's tasks were being collected");
    case "failed":
      throw new CapsuleError(ending.code, ending.message);
  }
}
