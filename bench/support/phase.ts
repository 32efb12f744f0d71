/**
 * Job: run one phase of metering one module in this process, first cold, then warm, and say what time and memory it took.
 * Never: run two phases in one process: the peak of memory belongs to the process.
 */
import { readFileSync } from "node:fs";
import { instrument } from "@capsule-run/instrument";
import { instrumentPlain } from "@capsule-run/instrument/binaryen";
import { decode, Operators } from "../../packages/instrument/src/binary/decode.ts";
import { readLocals } from "../../packages/instrument/src/binary/locals.ts";
import { readModule } from "../../packages/instrument/src/binary/module.ts";
import { loadBinaryen, withModule } from "../../packages/instrument/src/binaryen/load.ts";

/** The first three are parts of `instrument`, alone; the last two are what it is compared with, measured cold only. */
export const phases = [
  "engine validates",
  "sections",
  "operators",
  "instrument",
  "plain pass",
  "binaryen read+write",
] as const;
export type Phase = (typeof phases)[number];

export interface PhaseFigures {
  /** Milliseconds of this thread's CPU time: the first run of a fresh process, and the median of five more. */
  readonly cold: number;
  readonly warm: number | null;
  /** Highest resident memory of the first run above what the process had before, in bytes. */
  readonly peak: number;
}

if (import.meta.main) {
  const [path, phase] = process.argv.slice(2) as [string, Phase];
  const bytes = new Uint8Array(readFileSync(path));
  const binaryen = phase === "binaryen read+write" ? await loadBinaryen() : null;
  const work: Record<Phase, () => unknown> = {
    "engine validates": () => WebAssembly.validate(bytes),
    sections: () => readModule(bytes, []),
    operators: () => {
      const operators = new Operators();
      for (const { start, end } of readModule(bytes, []).bodies)
        decode(bytes, readLocals(bytes, start, end).end, end, [], operators);
    },
    instrument: () => instrument(bytes),
    "plain pass": () => instrumentPlain(bytes),
    "binaryen read+write": () => withModule(binaryen!, bytes, () => 0),
  };
  const once = async () => {
    const start = process.threadCpuUsage();
    await work[phase]();
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / 1000;
  };
  const before = process.memoryUsage().rss;
  const cold = await once();
  const peak = process.resourceUsage().maxRSS * 1024 - before;
  const times: number[] = [];
  const compared = phase === "plain pass" || phase === "binaryen read+write";
  for (let i = 0; i < 5 && !compared; i++) times.push(await once());
  const figures: PhaseFigures = { cold, warm: compared ? null : times.sort((a, b) => a - b)[2]!, peak };
  console.log(JSON.stringify(figures));
}
