/** Job: how fast and with how much memory modules are metered, phase by phase, beside Binaryen. Never: run the modules. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { type Phase, type PhaseFigures, phases } from "./support/phase.ts";
import { realPrograms } from "./support/real-programs.ts";
import type { Table } from "./support/table.ts";

export const name = "instrument";
export const description =
  "megabytes per second and peak memory of the rewriter, by phase; --only takes names of programs";

interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly phases: Readonly<Record<Phase, PhaseFigures>>;
}

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  const skipped: string[] = [];
  const rows: Row[] = [];
  const folder = mkdtempSync(join(tmpdir(), "capsule-instrument-"));
  try {
    for (const program of realPrograms) {
      if (only.length > 0 && !only.includes(program.name)) continue;
      if (quick && only.length === 0 && program.name === "esbuild") continue;
      let bytes: Uint8Array;
      try {
        bytes = program.bytes();
      } catch (error) {
        skipped.push(`${program.name}: ${String(error).split("\n")[0]}`);
        continue;
      }
      const path = join(folder, `${program.name}.wasm`);
      writeFileSync(path, bytes);
      const figures = Object.fromEntries(phases.map((phase) => [phase, runPhase(path, phase)]));
      const row: Row = { name: program.name, bytes: bytes.length, phases: figures as Row["phases"] };
      rows.push(row);
      say(`${row.name}: ${speed(row, "instrument", "cold")} MB/s cold, ${speed(row, "instrument", "warm")} warm`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { tables: [speedTable(rows, skipped), phaseTable(rows)], data: rows };
}

function runPhase(path: string, phase: Phase): PhaseFigures {
  const script = join(import.meta.dirname, "support/phase.ts");
  const output = execFileSync(process.execPath, ["--conditions=capsule-source", "--no-warnings", script, path, phase], {
    encoding: "utf8",
  });
  return JSON.parse(output) as PhaseFigures;
}

const megabyte = 1e6;
const speed = (row: Row, phase: Phase, run: "cold" | "warm") =>
  (row.bytes / megabyte / (row.phases[phase][run]! / 1000)).toFixed(1);
const memory = (row: Row, phase: Phase) => (row.phases[phase].peak / row.bytes).toFixed(1);

const speedTable = (rows: readonly Row[], skipped: readonly string[]): Table => ({
  title: "Speed and memory of metering",
  columns: [
    "module",
    "MB",
    "MB/s cold",
    "MB/s warm",
    "memory ×",
    "plain pass MB/s",
    "memory ×",
    "Binaryen r+w MB/s",
    "memory ×",
  ],
  rows: rows.map((row) => [
    row.name,
    (row.bytes / megabyte).toFixed(1),
    speed(row, "instrument", "cold"),
    speed(row, "instrument", "warm"),
    memory(row, "instrument"),
    speed(row, "plain pass", "cold"),
    memory(row, "plain pass"),
    speed(row, "binaryen read+write", "cold"),
    memory(row, "binaryen read+write"),
  ]),
  notes: [
    "cold: the first module of a fresh process; warm: the median of later runs; Binaryen's columns are cold, its loading not counted",
    "memory ×: peak resident memory above the idle process, in sizes of the module (small modules carry the engine's own heap)",
    ...skipped.map((reason) => `skipped: ${reason}`),
  ],
});

const phaseTable = (rows: readonly Row[]): Table => ({
  title: "Phases of metering, milliseconds",
  columns: ["module", ...phases],
  rows: rows.map((row) => [
    row.name,
    ...phases.map((phase) => (row.phases[phase].warm ?? row.phases[phase].cold).toFixed(0)),
  ]),
  notes: [
    "warm; the last two columns cold; of the thread's CPU time, so without the engine's helper threads",
    "`operators` includes `sections`; `instrument` includes all three before it",
  ],
});
