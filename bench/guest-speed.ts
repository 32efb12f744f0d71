/**
 * Job: how fast guests' programs run: the same Python in the machine's own CPython and in the sandbox, on each engine, beside
 * the reference where it is installed; the same JavaScript in Node and in the sandbox. Metered, as everything is.
 * Never: time a program whose answer differs; count the start (bench/start.ts does).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { absentEngine } from "./support/python-engine.ts";
import { absentReference, findReference } from "./support/reference.ts";
import { best, geometricMean } from "./support/statistics.ts";
import type { Table } from "./support/table.ts";

export const name = "guest-speed";
export const description = "the same programs natively and in the sandbox; Python per engine, JavaScript";

const folder = join(import.meta.dirname, "support/guest-speed");
const cache = join(import.meta.dirname, "../node_modules/.cache/capsule-tests/bench");
const goal = 2.0;

const python = [
  ...[
    "nbody",
    "fannkuch",
    "calls",
    "richards",
    "raytrace",
    "json_text",
    "regex",
    "strings",
    "sorting",
    "dicts",
    "sqlite",
  ],
  "exact",
] as const;
const javascript = ["nbody", "calls", "objects", "json", "regex", "strings"] as const;

interface Answer {
  readonly answer: string;
  readonly ms: readonly number[];
}

interface Variant {
  readonly name: string;
  readonly run: (program: string, rounds: number) => Promise<Answer>;
}

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  const wanted = (set: string, program: string) =>
    only.length === 0 || only.includes(set) || only.includes(program) || only.includes(`${set}/${program}`);
  const work = mkdtempSync(join(tmpdir(), "capsule-guest-speed-"));
  const hosts: Capsule[] = [];
  const notes: string[] = [];
  try {
    for (const file of ["speed.py", "speed.js"]) copyFileSync(join(folder, file), join(work, file));
    const inSandbox = async (file: string, engine?: "fast" | "npm") => {
      const capsule = await Capsule.open({
        cache: { folder: cache },
        pool: { threads: 1 },
        ...(engine === undefined ? {} : { python: engine }),
      });
      hosts.push(capsule);
      return async (program: string, rounds: number): Promise<Answer> => {
        const { error, result } = await capsule.run(file, { cwd: work, args: [program, rounds] });
        if (error !== null) throw new Error(`${program} in the sandbox: ${error.error_type}: ${error.message}`);
        return result as unknown as Answer;
      };
    };

    const tables: Table[] = [];
    const data: Record<string, unknown> = {};
    const programs = python.filter((program) => wanted("python", program));
    if (programs.length > 0) {
      const variants: Variant[] = [];
      for (const command of ["python3.13", "python3"]) {
        const version = versionOf(command);
        if (version === null) notes.push(`skipped: there is no ${command} on this machine`);
        else if (!variants.some((variant) => variant.name === version))
          variants.push({ name: version, run: async (program, rounds) => natively(command, program, rounds) });
      }
      if (variants.length === 0) throw new Error("there is no python3 on this machine to compare with");
      const natives = variants.length;
      for (const engine of ["fast", "npm"] as const) {
        const without = absentEngine(engine);
        if (without === null) variants.push({ name: `sandbox, ${engine}`, run: await inSandbox("speed.py", engine) });
        else notes.push(`skipped: the engine ${engine}: ${without}`);
      }
      const reference = referenceVariant(work);
      if (reference === null) notes.push(absentReference);
      else variants.push(reference);
      const rows = await contest("python", programs, variants, quick, say);
      // Beside the version that the fast engine is, if it is there.
      tables.push(tableOf("Python programs", rows, variants, natives, notes));
      data["python"] = rows;
    }

    const scripts = javascript.filter((program) => wanted("javascript", program));
    if (scripts.length > 0) {
      const variants = [
        {
          name: `node ${process.versions.node}`,
          run: async (program: string, rounds: number) => inNode(program, rounds),
        },
        { name: "sandbox", run: await inSandbox("speed.js") },
      ];
      const rows = await contest("javascript", scripts, variants, quick, say);
      tables.push(
        tableOf("JavaScript programs", rows, variants, 1, [
          "QuickJS interprets; Node compiles to machine code: the sandbox is for glue, not for arithmetic",
        ]),
      );
      data["javascript"] = rows;
    }
    return { tables, data };
  } finally {
    for (const host of hosts) await host[Symbol.asyncDispose]();
    rmSync(work, { recursive: true, force: true });
  }
}

interface Row {
  readonly program: string;
  /** Best milliseconds, in the order of the variants. */
  readonly ms: readonly number[];
}

/** All variants in turn, round after round; each time is the best of its runs. */
async function contest(
  set: string,
  programs: readonly string[],
  variants: readonly Variant[],
  quick: boolean,
  say: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const program of programs) {
    say(`${set}/${program}`);
    const answers = new Map<string, string>();
    const ms = variants.map((): number[] => []);
    // Checked first, and until V8 has compiled what the program uses.
    for (const variant of variants) {
      const { answer } = await variant.run(program, quick ? 2 : 6);
      answers.set(variant.name, answer);
    }
    const [[first, right]] = [...answers] as [[string, string]];
    for (const [other, answer] of answers)
      if (answer !== right) throw new Error(`${program}: ${other} answers ${answer}, ${first} answers ${right}`);
    for (let round = 0; round < (quick ? 2 : 5); round++)
      for (let step = 0; step < variants.length; step++) {
        const index = (step + round) % variants.length; // nobody always follows the same neighbour
        ms[index]!.push(...(await variants[index]!.run(program, 3)).ms);
      }
    rows.push({ program, ms: ms.map(best) });
  }
  return rows;
}

function tableOf(
  title: string,
  rows: readonly Row[],
  variants: readonly Variant[],
  natives: number,
  notes: readonly string[],
): Table {
  const others = variants.slice(natives);
  const ratio = (row: Row, index: number) => row.ms[natives + index]! / row.ms[0]!;
  const summary = [
    "geometric mean",
    "",
    ...Array(natives - 1).fill(""),
    ...others.map((_, index) => geometricMean(rows.map((row) => ratio(row, index)))),
  ];
  return {
    title,
    columns: [
      "program",
      ...variants.slice(0, natives).map((variant) => `${variant.name}, ms`),
      ...others.map((variant) => `${variant.name}, ×`),
    ],
    rows: [
      ...rows.map((row) => [row.program, ...row.ms.slice(0, natives), ...others.map((_, index) => ratio(row, index))]),
      summary,
    ],
    notes: [
      `×: best time over the best time of ${variants[0]!.name}; timed by the programs themselves, variants in turn, answers compared first`,
      ...(title.startsWith("Python") ? [`goal: at most ${goal.toFixed(1)} with the fast engine`] : []),
      ...notes,
    ],
  };
}

function versionOf(command: string): string | null {
  const { status, stdout } = spawnSync(
    command,
    ["-c", "import platform; print('CPython', platform.python_version())"],
    {
      encoding: "utf8",
    },
  );
  return status === 0 ? stdout.trim() : null;
}

function natively(command: string, program: string, rounds: number): Answer {
  const said = execFileSync(command, ["-X", "utf8", join(folder, "speed.py"), program, String(rounds)], {
    encoding: "utf8",
  });
  return JSON.parse(said) as Answer;
}

/** A process for each, as the native Pythons have it; \`task\` is the function itself. */
function inNode(program: string, rounds: number): Answer {
  const script = `
    import { registerHooks } from "node:module";
    const task = "data:text/javascript,export const task = (_, run) => run";
    registerHooks({ resolve: (name, context, next) => (name === "@capsule-run/sdk" ? { url: task, shortCircuit: true } : next(name, context)) });
    const { main } = await import(${JSON.stringify(join(folder, "speed.js"))});
    console.log(JSON.stringify(main(${JSON.stringify(program)}, ${rounds})));`;
  const said = execFileSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  return JSON.parse(said) as Answer;
}

function referenceVariant(work: string): Variant | null {
  const reference = findReference();
  if (reference === null) return null;
  // A folder of its own: both keep what they know of a project in ".capsule".
  const cwd = join(work, "reference");
  mkdirSync(cwd);
  // It reads a budget from the text, where it is to be a number or a name.
  const text = readFileSync(join(folder, "speed.py"), "utf8").replace("compute=COMPUTE", 'compute="100000000000000"');
  writeFileSync(join(cwd, "speed.py"), text);
  return {
    name: "reference",
    run: async (program, rounds) => {
      const stdout = reference.run(["run", "speed.py", "--json", program, String(rounds)], cwd);
      const said = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { readonly result?: unknown };
      if (said.result == null) throw new Error(`the reference: ${program}: ${stdout.slice(-500)}`);
      return (typeof said.result === "string" ? JSON.parse(said.result) : said.result) as Answer;
    },
  };
}
