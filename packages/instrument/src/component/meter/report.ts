/** Job: the report of a component's metering: sums, and one row for each core module. Never: how it is rendered. */
import type { InstrumentReport } from "../../report.ts";

/** Sums over all core modules; `startFuel` over all instances of them; `memories` one after the other. */
export interface ComponentReport extends InstrumentReport {
  /** One for each core module, in the order of the binary, those of nested components among them. */
  readonly modules: readonly InstrumentReport[];
  /** Component instances with code. They share the budget; calls between them pass it on. */
  readonly counters: number;
}

export interface InstrumentedComponent {
  readonly bytes: Uint8Array;
  readonly report: ComponentReport;
}

export function sumReports(
  modules: readonly InstrumentReport[],
  whole: Pick<ComponentReport, "startFuel" | "counters" | "bytesBefore" | "bytesAfter">,
): ComponentReport {
  const sum = (of: (report: InstrumentReport) => number) => modules.reduce((total, report) => total + of(report), 0);
  return {
    startFuel: whole.startFuel,
    functions: sum((report) => report.functions),
    functionsAdded: sum((report) => report.functionsAdded),
    blocks: sum((report) => report.blocks),
    decrements: sum((report) => report.decrements),
    checks: sum((report) => report.checks),
    plainDecrements: sum((report) => report.plainDecrements),
    plainChecks: sum((report) => report.plainChecks),
    bytesBefore: whole.bytesBefore,
    bytesAfter: whole.bytesAfter,
    memories: modules.flatMap(({ memories }) => memories),
    modules,
    counters: whole.counters,
  };
}
