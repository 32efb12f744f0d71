/** Job: say on what a measurement was made. Never: measure. */
import { cpus, loadavg } from "node:os";

export interface Machine {
  readonly node: string;
  readonly v8: string;
  readonly cpu: string;
  readonly cores: number;
  /** Load of the last minute when the benchmark began: above 0.5 the figures are disturbed. */
  readonly load: number;
}

export function machine(): Machine {
  const all = cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    load: Math.round(loadavg()[0]! * 100) / 100,
  };
}

export const describeMachine = (m: Machine): string =>
  `Node ${m.node} (V8 ${m.v8}), ${m.cores} × ${m.cpu}, load ${m.load}`;
