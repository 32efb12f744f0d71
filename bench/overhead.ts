/**
 * Job: what metering costs a module that runs long: metered / unmetered, on C kernels and on real programs.
 * Never: compare without having checked that both compute the same and that the meters count the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instrument } from "@capsule-run/instrument";
import { instrumentPlain } from "@capsule-run/instrument/binaryen";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { type ContestOptions, contest, type Timing, type Variant } from "./support/contest.ts";
import { pad } from "./support/pad.ts";
import { programs } from "./support/programs.ts";
import { best, geometricMean, median } from "./support/statistics.ts";
import type { Table } from "./support/table.ts";

export const name = "overhead";
export const description =
  "metered / unmetered on V8, steady state; --only takes names of kernels and programs, or a set";

/** To the unmetered run: the median of rounds run side by side, and best round against best round. */
interface Ratio {
  readonly median: number;
  readonly best: number;
}

interface Row {
  readonly name: string;
  readonly set: string;
  readonly bytes: number;
  readonly milliseconds: number;
  /** Per meter: ratio of the medians of rounds paired with the unmetered run, and of the best rounds. */
  readonly meters: Readonly<
    Record<string, { readonly median: number; readonly best: number; readonly growth: number }>
  >;
  readonly fuel: string;
}

const ratio = (variant: Timing, baseline: Timing): Ratio => ({
  median: median(variant.ms.map((ms, round) => ms / baseline.ms[round]!)),
  best: best(variant.ms) / best(baseline.ms),
});

const effort = (kind: "kernel" | "program", quick: boolean): ContestOptions =>
  kind === "kernel"
    ? { processes: quick ? 1 : 3, rounds: quick ? 10 : 15, warm: quick ? 250 : 400 }
    : { processes: quick ? 1 : 2, rounds: quick ? 3 : 5, warm: 4000 };

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  const { found, skipped } = programs({ only, kernelsOnly: quick && only.length === 0 });
  for (const reason of skipped) say(`skipped: ${reason}`);
  const folder = mkdtempSync(join(tmpdir(), "capsule-overhead-"));
  const rows: Row[] = [];
  try {
    for (const program of found) {
      const bytes = program.bytes();
      const meters: Record<string, Uint8Array> = {
        metered: instrument(bytes).bytes,
        plain: (await instrumentPlain(bytes)).bytes,
      };
      const start = (name: string, content: Uint8Array): Variant => {
        const module = join(folder, `${program.name}.${name}.wasm`);
        writeFileSync(module, content);
        return { name, engine: "v8", start: { module, recipe: program.recipe, fuel: false } };
      };
      const variants = [
        start("unmetered", bytes),
        ...Object.entries(meters).map(([name, content]) => start(name, content)),
      ];
      const timings = await contest(variants, effort(program.kind, quick));
      const baseline = timings.get("unmetered")!;
      if (program.result !== null && baseline.result !== program.result)
        throw new Error(`${program.name} computes ${baseline.result}, expected ${program.result}`);
      const fuel = Object.keys(meters).map((meter) => timings.get(meter)!.fuel!);
      if (new Set(fuel).size > 1)
        say(`${program.name}: the meters disagree: ${Object.keys(meters).join(", ")}: ${fuel.join(", ")}`);
      const row: Row = {
        name: program.name,
        set: program.set,
        bytes: bytes.length,
        milliseconds: median(baseline.ms),
        padded: ratio(timings.get("padded")!, baseline),
        meters: Object.fromEntries(
          Object.entries(meters).map(([meter, content]) => [
            meter,
            { ...ratio(timings.get(meter)!, baseline), growth: content.length / bytes.length },
          ]),
        ),
        fuel: fuel[0]!,
      };
      rows.push(row);
      say(
        `${row.name}: ${Object.entries(row.meters)
          .map(([meter, r]) => `${meter} ${r.median.toFixed(2)}`)
          .join(", ")}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { tables: tablesOf(rows, skipped), data: rows };
}

function tablesOf(rows: readonly Row[], skipped: readonly string[]): Table[] {
  return [...new Set(rows.map((row) => row.set))].map((set) => {
    const of = rows.filter((row) => row.set === set);
    const summary = (label: string, fold: (values: number[]) => number) => [
      label,
      null,
      ...["metered", "plain"].flatMap((meter) => [
        fold(of.map((row) => row.meters[meter]!.median)),
        fold(of.map((row) => row.meters[meter]!.best)),
      ]),
      fold(of.map((row) => row.padded.median)),
      fold(of.map((row) => row.meters.metered!.growth)),
    ];
    return {
      title: `Overhead of metering: ${set}`,
      columns: ["program", "unmetered ms", "metered", "(best)", "plain pass", "(best)", "padded", "size ×"],
      rows: [
        ...of.map((row) => [
          row.name,
          row.milliseconds.toFixed(1),
          row.meters.metered!.median,
          row.meters.metered!.best,
          row.meters.plain!.median,
          row.meters.plain!.best,
          row.padded.median,
          row.meters.metered!.growth,
        ]),
        summary("geometric mean", geometricMean),
        summary("worst", (values) => Math.max(...values)),
      ],
      notes: [
        "ratios of CPU time to the unmetered module: median of rounds run side by side, and best round against best round",
        "padded: the unmetered module with empty functions appended, which V8 may inline more",
        ...(set === "real programs" ? skipped.map((reason) => `skipped: ${reason}`) : []),
      ],
    };
  });
}
