/**
 * Job: components: how long one takes to start, and what metering and the border cost, beside Wasmtime and plain jco.
 * Never: flatter: Wasmtime compiles ahead of time and is warm from the first round; what its Python wheel spends on converting
 * values is not held against it, so that only numbers are passed there.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { component } from "../fixtures/components/build.ts";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import type { ComponentStart } from "./support/component-recipe.ts";
import { type ContestOptions, contest, type Variant, wasmtimeVersion } from "./support/contest.ts";
import { wheel } from "./support/packages.ts";
import { best, median } from "./support/statistics.ts";
import type { Table } from "./support/table.ts";

export const name = "components";
export const description = `start, metering and borders of components, beside Wasmtime ${wasmtimeVersion} and plain jco; --only takes start, work, borders`;

const hasWasmtime = (): string | null => {
  try {
    wheel("wasmtime", wasmtimeVersion);
    return null;
  } catch (error) {
    return `the wheel wasmtime ${wasmtimeVersion} cannot be had here: ${String(error).split("\n")[0]}`;
  }
};

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  const wants = (part: string) => only.length === 0 || only.includes(part);
  const skipped: string[] = [];
  const skip = (reason: string) => {
    say(`skipped: ${reason}`);
    skipped.push(`skipped: ${reason}`);
  };
  const lacks = wants("work") || wants("start") ? hasWasmtime() : null;
  if (lacks !== null) skip(lacks);
  const tables: Table[] = [];
  if (wants("start")) tables.push(await starts(quick, lacks === null, say, skip));
  if (wants("work")) tables.push(await works(quick, lacks === null, say, skip));
  if (wants("borders")) tables.push(await borders(quick, say, skip));
  return { tables: tables.map((table) => ({ ...table, notes: [...table.notes, ...skipped] })), data: tables };
}

const command = join(import.meta.dirname, "../packages/cli/bin/capsule.js");

function timed(program: string, args: readonly string[], cwd: string, cache: string): number {
  const began = performance.now();
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const said = execFileSync(program, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const took = performance.now() - began;
  if (!said.includes("hello")) throw new Error(`${program} ${args.join(" ")} answered ${JSON.stringify(said)}`);
  return took;
}

/** A command that prints its argument: prepared, as a process; and warm, from a host program. */
async function starts(
  quick: boolean,
  wasmtime: boolean,
  say: (line: string) => void,
  skip: (reason: string) => void,
): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), "capsule-components-"));
  const cache = join(folder, "cache");
  const rows: (string | number | null)[][] = [];
  const jcoScript = join(import.meta.dirname, "../test/component/oracle/jco.ts");
  try {
    for (const language of quick ? ["c", "rust"] : ["c", "rust", "javascript", "python"]) {
      const built = await component(`command-${language}`);
      if ("missing" in built) {
        skip(built.missing);
        continue;
      }
      say(`start of command-${language}`);
      const file = basename(built.path);
      writeFileSync(join(folder, file), built.bytes);
      const ours = () =>
        timed(process.execPath, [command, "run", "--no-trace", "--ram=256MB", file, "args", "hello"], folder, cache);
      const trial = JSON.stringify({ args: [file, "args", "hello"], env: {}, folder: null, guestFolder: "" });
      const jco = () => timed(process.execPath, ["--no-warnings", jcoScript, file, trial], folder, cache);
      const first = ours();
      const [cold, plain]: [number[], number[]] = [[], []];
      for (let round = 0; round < (quick ? 3 : 7); round++) {
        cold.push(ours());
        if (language !== "python") plain.push(jco());
      }
      const warm = await warmCalls(join(folder, file), join(cache, "capsule"), quick ? 20 : 60);
      const theirs = wasmtime ? startsOfWasmtime(join(folder, file), quick ? 20 : 60) : null;
      rows.push([
        `${language}, ${(built.bytes.length / 1e6).toFixed(2)} MB`,
        first,
        median(cold),
        best(cold),
        median(warm),
        best(warm),
        theirs?.compiled ?? null,
        theirs === null ? null : median(theirs.starts),
        plain.length > 0 ? median(plain) : null,
      ]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    title: "A component that prints its argument, in milliseconds",
    columns: [
      ...["component", "first ever", "cold command", "(best)", "warm call", "(best)"],
      ...["Wasmtime: compiling", "a start", "jco, a process"],
    ],
    rows,
    notes: [
      "first ever: with an empty cache, metering included; cold command: a process of its own, prepared; warm call: capsule.run in a host program",
      "Wasmtime, with fuel, in its Python wheel: compiling the component, which a host may keep; then a store, its linker, an instance and the run",
      "jco: a Node process that transpiles, compiles and runs; it keeps nothing between runs (not asked for Python's 18 MB)",
    ],
  };
}

/** The same command on Wasmtime, in a process that lives. */
function startsOfWasmtime(file: string, rounds: number): { readonly compiled: number; readonly starts: number[] } {
  const env = { ...process.env, PYTHONPATH: wheel("wasmtime", wasmtimeVersion) };
  const args = [join(import.meta.dirname, "support/component-start.py"), file, String(rounds), "args", "args", "hello"];
  return JSON.parse(execFileSync("python3", args, { env, encoding: "utf8" })) as ReturnType<typeof startsOfWasmtime>;
}

async function warmCalls(file: string, cache: string, rounds: number): Promise<number[]> {
  await using capsule = await Capsule.open({ cache: { folder: cache } });
  const samples: number[] = [];
  for (let round = 0; round < rounds * 2; round++) {
    const began = performance.now();
    const envelope = await capsule.run(file, { args: ["args", "hello"], policy: { ram: "256MB" } });
    const milliseconds = performance.now() - began;
    if (!envelope.success) throw new Error(envelope.error?.message);
    // The first half warms V8's compilers.
    if (round >= rounds) samples.push(milliseconds);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return samples;
}

const values = "fixture:values/functions@1.0.0";
const effort = (quick: boolean): ContestOptions => ({
  processes: quick ? 1 : 2,
  rounds: quick ? 5 : 8,
  warm: quick ? 500 : 1500,
});

const variantsOf = (start: Omit<ComponentStart, "engine" | "fuel" | "kind">, wasmtime: boolean): Variant[] => {
  const variant = (name: string, engine: ComponentStart["engine"], fuel = false): Variant => ({
    name,
    engine: engine === "wasmtime" ? "wasmtime" : "v8",
    start: { kind: "component", ...start, engine, fuel },
  });
  return [
    variant("metered", "metered"),
    variant("unmetered", "unmetered"),
    variant("jco", "jco"),
    ...(wasmtime ? [variant("wasmtime fuel", "wasmtime", true), variant("wasmtime", "wasmtime")] : []),
  ];
};

interface Row {
  readonly ms: number;
  readonly to: Readonly<Record<string, number>>;
  readonly sameFuel: boolean | null;
}

async function measure(variants: readonly Variant[], options: ContestOptions): Promise<Row> {
  const timings = await contest(variants, options);
  const ours = timings.get("metered")!;
  const to: Record<string, number> = {};
  for (const { name } of variants.slice(1))
    to[name] = median(ours.ms.map((ms, round) => ms / timings.get(name)!.ms[round]!));
  const theirs = timings.get("wasmtime fuel");
  return { ms: median(ours.ms), to, sameFuel: theirs === undefined ? null : theirs.fuel === ours.fuel };
}

/** The same work in three languages: a sieve. */
async function works(
  quick: boolean,
  wasmtime: boolean,
  say: (line: string) => void,
  skip: (reason: string) => void,
): Promise<Table> {
  const rows: (string | number | null)[][] = [];
  const sizes = { rust: [1_000_000, 10], javascript: [250_000, 1], python: [150_000, 1] } as const;
  for (const [language, [n, repeat]] of Object.entries(sizes)) {
    if (quick && language === "python") continue;
    const built = await component(`values-${language}`);
    if ("missing" in built) {
      skip(built.missing);
      continue;
    }
    const start = { module: built.path, interface: values, function: "primes", work: "number", n, repeat };
    const { ms, to, sameFuel } = await measure(variantsOf(start, wasmtime), effort(quick));
    say(
      `${language}: ${to["wasmtime fuel"]?.toFixed(2) ?? "–"} of Wasmtime with fuel, ${to["jco"]!.toFixed(2)} of jco`,
    );
    rows.push([
      `${language}, primes below ${n}`,
      (ms / repeat).toFixed(1),
      to["unmetered"]!,
      to["jco"]!,
      to["wasmtime fuel"] ?? null,
      to["wasmtime"] ?? null,
      sameFuel === null ? null : sameFuel ? "yes" : "no",
    ]);
  }
  return {
    title: "Work inside a component: metered, on our linker",
    columns: ["component", "metered ms", "/ unmetered", "/ jco", "/ Wasmtime with fuel", "/ without", "same fuel"],
    rows,
    notes: [
      "below 1.00: metered V8 is faster; unmetered: our linker, original modules; jco: its own linker, original modules",
      "same fuel: of the first call in a fresh instance, to the unit; Python reads random seeds and clocks, which hosts answer differently",
    ],
  };
}

/** Values across the border of one component in Rust, in both directions. */
async function borders(quick: boolean, say: (line: string) => void, skip: (reason: string) => void): Promise<Table> {
  const built = await component("values-rust");
  const rows: (string | number | null)[][] = [];
  if ("missing" in built) skip(built.missing);
  else
    for (const [what, of, work, n, repeat] of [
      ["a call with a number", "primes", "number", 2, 400_000],
      ["4 KB of text, there and back", "reversed", "text", 4096, 4000],
      ["100 KB of bytes", "sum", "bytes", 100_000, 1500],
      ["2,000 64-bit integers, there and back", "doubled", "integers", 2000, 300],
      ["500 pairs of string and number", "lookup", "pairs", 500, 300],
      ["2,000 records", "bounds", "records", 2000, 150],
    ] as const) {
      const start = { module: built.path, interface: values, function: of, work, n, repeat };
      const { ms, to } = await measure(variantsOf(start, false), effort(quick));
      say(`${what}: ${to["jco"]!.toFixed(2)} of jco`);
      rows.push([what, ((ms / repeat) * 1000).toFixed(1), to["unmetered"]!, to["jco"]!]);
    }
  return {
    title: "Values across the border of a component in Rust",
    columns: ["call", "µs", "/ unmetered", "/ jco"],
    rows,
    notes: ["jco generates code for each type; our linker interprets types: no text of the guest's is ever code"],
  };
}
