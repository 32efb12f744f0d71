/** Job: the report of `capsule instrument`, for people and for programs. Never: compute what the instrumenter knows. */
import type { ComponentReport } from "@capsule-run/instrument/component";
import type { Metered } from "../meter.ts";
import { columns, duration, grouped, size } from "./figures.ts";

const page = 65536;

export function reportText(metered: Metered, input: string, output: string): string {
  const { report, options, component } = metered;
  const rows: [string, string][] = [
    [
      "functions",
      `${grouped(report.functions)}${report.functionsAdded === 0 ? "" : ` and ${grouped(report.functionsAdded)} added`}`,
    ],
    ["basic blocks", grouped(report.blocks)],
    ["decrements", placed(report.decrements, report.plainDecrements)],
    ["checks", placed(report.checks, report.plainChecks)],
    ["start-up fuel", grouped(report.startFuel)],
    ...(component === null ? [] : [moduleCount(component)]),
    [
      "size",
      `${size(report.bytesBefore)} → ${size(report.bytesAfter)} (${change(report.bytesBefore, report.bytesAfter)})`,
    ],
  ];
  report.memories.forEach((memory, index) => {
    const most = memory.maximumPages === null ? "no maximum" : `at most ${size(memory.maximumPages * page)}`;
    rows.push([
      `memory ${index}`,
      `${memory.imported ? "imported, " : ""}${size(memory.minimumPages * page)} at the start, ${most}`,
    ]);
  });
  if (component === null) rows.push(["counter", counter(options.global ?? "import", options.fuel, report.startFuel)]);
  else rows.push(["counter", componentCounter(options.fuel ?? 0n, component)]);
  rows.push(["time", `${duration(metered.time)}${metered.optimized ? ", optimising included" : ""}`]);
  return `${name(input, "standard input")} → ${name(output, "standard output")}\n${columns(rows)}`;
}

export function reportJson(metered: Metered, input: string, output: string): string {
  const { report, options } = metered;
  const { startFuel, ...rest } = report;
  const document = {
    input,
    output,
    // Decimal strings: a budget may lie beyond what a JSON reader's numbers hold.
    start_fuel: startFuel.toString(),
    functions: rest.functions,
    functions_added: rest.functionsAdded,
    blocks: rest.blocks,
    decrements: rest.decrements,
    checks: rest.checks,
    plain_decrements: rest.plainDecrements,
    plain_checks: rest.plainChecks,
    bytes_before: rest.bytesBefore,
    bytes_after: rest.bytesAfter,
    memories: rest.memories.map((memory) => ({
      minimum_pages: memory.minimumPages,
      maximum_pages: memory.maximumPages,
      memory64: memory.memory64,
      imported: memory.imported,
    })),
    global: options.global ?? "import",
    fuel: options.fuel === undefined ? null : options.fuel.toString(),
    max_memory: options.maxMemory ?? null,
    ...(metered.component === null
      ? {}
      : {
          counters: metered.component.counters,
          modules: metered.component.modules.map((module) => ({
            start_fuel: module.startFuel.toString(),
            functions: module.functions,
            functions_added: module.functionsAdded,
            blocks: module.blocks,
            decrements: module.decrements,
            checks: module.checks,
            bytes_before: module.bytesBefore,
            bytes_after: module.bytesAfter,
          })),
        }),
    optimized: metered.optimized,
    duration_ms: Math.round(metered.time),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function placed(count: number, plain: number): string {
  if (plain === 0 || count === plain) return `${grouped(count)} (as the plain pass)`;
  return `${grouped(count)} (the plain pass places ${grouped(plain)}: ${change(plain, count)})`;
}

function counter(global: "import" | "export", fuel: bigint | undefined, startFuel: bigint): string {
  if (global === "export") return `exported global "capsule:fuel", starts at ${grouped((fuel ?? 0n) - startFuel)}`;
  return `imported global "capsule" "fuel" (mutable i64): set it to the budget${startFuel > 0n ? ` less ${grouped(startFuel)}` : ""}`;
}

function moduleCount({ modules }: ComponentReport): [string, string] {
  return [
    "core modules",
    `${grouped(modules.length)} (${modules.map(({ bytesBefore }) => size(bytesBefore)).join(", ")})`,
  ];
}

function componentCounter(fuel: bigint, { counters, startFuel }: ComponentReport): string {
  if (counters === 0) return "none: no core module is instantiated";
  const shared = counters === 1 ? "" : `, shared by ${grouped(counters)} components`;
  return `inside${shared}, starts at ${grouped(fuel - startFuel)}; read and set through the export capsule:fuel/counter`;
}

function change(before: number, after: number): string {
  const percent = ((after - before) / Math.max(1, before)) * 100;
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(Math.abs(percent) < 10 ? 1 : 0)} %`;
}

const name = (path: string, dash: string): string => (path === "-" ? dash : path);
