/**
 * Job: what metering costs a module that runs long: metered / unmetered, on C kernels and on real programs.
 * Never: compare without having checked that both compute the same and that the meters count the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { instrument } from "@capsule-run/instrument";
import { instrumentPlain } from "@capsule-run/instrument/binaryen";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { type ContestOptions, contest, type Timing, type Variant } from "./support/contest.ts";
import { pad } from "./support/pad.ts";
import { type Program, programs } from "./support/programs.ts";
import { best, geometricMean, median } from "./support/statistics.ts";
import type { Table } from "./support/table.ts";

export const name = "overhead";
export const description =
  "metered / unmetered on V8, steady state; --only takes names of kernels and programs, or a set";

/** To the unmetered run: the median of rounds run side by side, best round against best round, and the size. */
interface Ratio {
  readonly median: number;
  readonly best: number;
  readonly size: number;
}

interface Row {
  readonly name: string;
  readonly set: string;
  readonly bytes: number;
  /** Median of the unmetered rounds, in milliseconds of CPU time. */
  readonly milliseconds: number;
  readonly ratios: Readonly<Record<"metered" | "plain" | "padded", Ratio>>;
  /** `--against`: the other meter, to the unmetered run. */
  readonly other: Ratio | null;
  readonly fuel: string;
}

const effort = (kind: Program["kind"], quick: boolean): ContestOptions =>
  kind === "kernel"
    ? { processes: quick ? 1 : 2, rounds: quick ? 10 : 12, warm: 300 }
    : { processes: quick ? 1 : 2, rounds: 5, warm: 1500 };

export async function run({ quick, only, against, say }: BenchOptions): Promise<BenchResult> {
  const { found, skipped } = programs({ only, kernelsOnly: quick && only.length === 0 });
  for (const reason of skipped) say(`skipped: ${reason}`);
  const other =
    against === null ? null : ((await import(resolve(against))) as { instrument: typeof instrument }).instrument;
  const folder = mkdtempSync(join(tmpdir(), "capsule-overhead-"));
  const rows: Row[] = [];
  try {
    for (const program of found) {
      const row = await measure(program, other, folder, effort(program.kind, quick), say);
      rows.push(row);
      const { metered, plain, padded } = row.ratios;
      const figures = Object.entries({ metered, ...(row.other ? { other: row.other } : {}), plain, padded });
      say(`${row.name}: ${figures.map(([name, { median }]) => `${name} ${median.toFixed(2)}`).join(", ")}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { tables: tablesOf(rows, skipped), data: rows };
}

async function measure(
  program: Program,
  other: typeof instrument | null,
  folder: string,
  options: ContestOptions,
  say: BenchOptions["say"],
): Promise<Row> {
  const bytes = program.bytes();
  const modules = {
    unmetered: bytes,
    metered: instrument(bytes).bytes,
    plain: (await instrumentPlain(bytes)).bytes,
    padded: pad(bytes),
    ...(other ? { other: other(bytes).bytes } : {}),
  };
  const variants = Object.entries(modules).map(([name, content]): Variant => {
    const module = join(folder, `${program.name}.${name}.wasm`);
    writeFileSync(module, content);
    return { name, engine: "v8", start: { module, recipe: program.recipe(), fuel: false } };
  });
  const timings = await contest(variants, options);
  const of = (name: string): Timing => timings.get(name)!;
  const baseline = of("unmetered");
  if (program.result !== null && baseline.result !== program.result)
    throw new Error(`${program.name} computes ${baseline.result}, expected ${program.result}`);
  if (program.steady && of("metered").fuel !== of("plain").fuel)
    say(`${program.name}: the meters disagree: ${of("metered").fuel}, plain pass ${of("plain").fuel}`);
  const ratio = (name: keyof typeof modules): Ratio => ({
    median: median(of(name).ms.map((ms, round) => ms / baseline.ms[round]!)),
    best: best(of(name).ms) / best(baseline.ms),
    size: (modules[name]?.length ?? 0) / bytes.length,
  });
  return {
    name: program.name,
    set: program.set,
    bytes: bytes.length,
    milliseconds: median(baseline.ms),
    ratios: { metered: ratio("metered"), plain: ratio("plain"), padded: ratio("padded") },
    other: other ? ratio("other") : null,
    fuel: of("metered").fuel!,
  };
}

function tablesOf(rows: readonly Row[], skipped: readonly string[]): Table[] {
  return [...new Set(rows.map((row) => row.set))].map((set): Table => {
    const of = rows.filter((row) => row.set === set);
    const cells = ({ ratios, other }: Row) => [
      ratios.metered.median,
      ratios.metered.best,
      ratios.plain.median,
      ratios.plain.best,
      ratios.padded.median,
      ratios.metered.size,
      ...(other ? [other.median, other.best] : []),
    ];
    const summary = (label: string, fold: (values: number[]) => number) => [
      label,
      null,
      ...cells(of[0]!).map((_, column) => fold(of.map((row) => cells(row)[column]!))),
    ];
    return {
      title: `Overhead of metering: ${set}`,
      columns: [
        "program",
        "unmetered ms",
        "metered",
        "(best)",
        "plain pass",
        "(best)",
        "padded",
        "size ×",
        ...(of[0]!.other ? ["other", "(best)"] : []),
      ],
      rows: [
        ...of.map((row) => [row.name, row.milliseconds.toFixed(1), ...cells(row)]),
        summary("geometric mean", geometricMean),
        summary("worst", (values) => Math.max(...values)),
      ],
      notes: [
        "ratios of CPU time to the unmetered module: median of rounds run side by side, and best round against best round",
        "padded: the unmetered module with empty functions appended, which V8 may inline more; size: metered",
        ...(set === "real programs" ? skipped.map((reason) => `skipped: ${reason}`) : []),
      ],
    };
  });
}
