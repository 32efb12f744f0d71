/**
 * Job: the same module with the same input on V8, metered, and on Wasmtime, with and without fuel.
 * Never: flatter: Wasmtime compiles ahead of time and is warm from the first round, and its own fuel is its own code.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instrument } from "@capsule-run/instrument";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { type ContestOptions, contest, type Timing, type Variant, wasmtimeVersion } from "./support/contest.ts";
import { wheel } from "./support/packages.ts";
import { type Program, programs } from "./support/programs.ts";
import { geometricMean, median } from "./support/statistics.ts";
import type { Table } from "./support/table.ts";

export const name = "vs-wasmtime";
export const description = `metered V8 / Wasmtime ${wasmtimeVersion} with and without fuel; --only takes names of kernels and programs, or a set`;

interface Row {
  readonly name: string;
  readonly set: string;
  /** Medians of the rounds, in milliseconds of CPU time. */
  readonly milliseconds: { readonly metered: number; readonly wasmtimeFuel: number; readonly wasmtime: number };
  /** Metered V8 to Wasmtime with fuel, and without; and Wasmtime with fuel to Wasmtime without. */
  readonly toFuel: number;
  readonly toPlain: number;
  readonly wasmtimeOverhead: number;
  /** Of the first run in a fresh process; null for a WASI command, whose two hosts answer differently (clocks, file ids). */
  readonly fuel: { readonly metered: string | null; readonly wasmtime: string | null } | null;
}

const effort = (kind: Program["kind"], quick: boolean): ContestOptions =>
  kind === "kernel" ? { processes: quick ? 1 : 2, rounds: 8, warm: 300 } : { processes: 1, rounds: 5, warm: 1500 };

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  try {
    wheel("wasmtime", wasmtimeVersion);
  } catch (error) {
    const reason = `the wheel wasmtime ${wasmtimeVersion} cannot be had here: ${String(error).split("\n")[0]}`;
    say(`skipped: ${reason}`);
    return {
      tables: [{ title: "vs Wasmtime", columns: ["program"], rows: [], notes: [`skipped: ${reason}`] }],
      data: [],
    };
  }
  const { found, skipped } = programs({ only, kernelsOnly: quick && only.length === 0 });
  for (const reason of skipped) say(`skipped: ${reason}`);
  const folder = mkdtempSync(join(tmpdir(), "capsule-wasmtime-"));
  const rows: Row[] = [];
  try {
    for (const program of found) {
      const row = await measure(program, folder, effort(program.kind, quick));
      rows.push(row);
      say(`${row.name}: ${row.toFuel.toFixed(2)} with fuel, ${row.toPlain.toFixed(2)} without`);
      if (row.fuel && row.fuel.metered !== row.fuel.wasmtime)
        say(`${row.name}: fuel differs: ${row.fuel.metered}, Wasmtime ${row.fuel.wasmtime}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { tables: tablesOf(rows, skipped), data: rows };
}

async function measure(program: Program, folder: string, options: ContestOptions): Promise<Row> {
  const bytes = program.bytes();
  const recipe = program.recipe();
  const [original, metered] = [join(folder, `${program.name}.wasm`), join(folder, `${program.name}.metered.wasm`)];
  writeFileSync(original, bytes);
  writeFileSync(metered, instrument(bytes).bytes);
  const variants: Variant[] = [
    { name: "metered", engine: "v8", start: { module: metered, recipe, fuel: false } },
    { name: "wasmtime with fuel", engine: "wasmtime", start: { module: original, recipe, fuel: true } },
    { name: "wasmtime", engine: "wasmtime", start: { module: original, recipe, fuel: false } },
  ];
  const timings = await contest(variants, options);
  const [ours, fuel, plain] = variants.map(({ name }) => timings.get(name)!) as [Timing, Timing, Timing];
  if (program.result !== null && ours.result !== program.result)
    throw new Error(`${program.name} computes ${ours.result}, expected ${program.result}`);
  const ratio = (one: Timing, other: Timing) => median(one.ms.map((ms, round) => ms / other.ms[round]!));
  return {
    name: program.name,
    set: program.set,
    milliseconds: { metered: median(ours.ms), wasmtimeFuel: median(fuel.ms), wasmtime: median(plain.ms) },
    toFuel: ratio(ours, fuel),
    toPlain: ratio(ours, plain),
    wasmtimeOverhead: ratio(fuel, plain),
    fuel: recipe.kind !== "wasi" ? { metered: ours.fuel, wasmtime: fuel.fuel } : null,
  };
}

function tablesOf(rows: readonly Row[], skipped: readonly string[]): Table[] {
  return [...new Set(rows.map((row) => row.set))].map((set): Table => {
    const of = rows.filter((row) => row.set === set);
    const cells = (row: Row) => [row.toFuel, row.toPlain, row.wasmtimeOverhead];
    const summary = (label: string, fold: (values: number[]) => number) => [
      label,
      null,
      ...[0, 1, 2].map((column) => fold(of.map((row) => cells(row)[column]!))),
      null,
    ];
    return {
      title: `Metered V8 / Wasmtime ${wasmtimeVersion}: ${set}`,
      columns: ["program", "metered ms", "/ with fuel", "/ without", "its own overhead", "same fuel"],
      rows: [
        ...of.map((row) => [
          row.name,
          row.milliseconds.metered.toFixed(1),
          ...cells(row),
          row.fuel && (row.fuel.metered === row.fuel.wasmtime ? "yes" : "no"),
        ]),
        summary("geometric mean", geometricMean),
        summary("worst", (values) => Math.max(...values)),
      ],
      notes: [
        "below 1.00: metered V8 is faster; its own overhead: Wasmtime with fuel / without",
        "same fuel: of the first run in a fresh process, whole program, to the unit; – for WASI commands, whose hosts answer differently",
        ...(set === "real programs" ? skipped.map((reason) => `skipped: ${reason}`) : []),
      ],
    };
  });
}
