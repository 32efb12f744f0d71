/**
 * Job: how long a trivial program takes from the command line and from a host program, prepared; after an edit; and the first
 * time ever; for a core module, Python and JavaScript, beside the reference and the bare processes of Node and Python.
 * Never: count a run that did not answer right.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule, type CapsuleOptions } from "@capsule-run/host";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { absentEngine } from "./support/python-engine.ts";
import { absentReference, findReference } from "./support/reference.ts";
import { best, median } from "./support/statistics.ts";

export const name = "start";
export const description = "milliseconds of a trivial program: cold command, after an edit, first ever, warm call";

interface Subject {
  /** Which Python. */
  readonly engine?: "fast" | "npm";
  readonly file: string;
  readonly text: string;
  /** The same program with other bytes. */
  readonly comment: string;
  /** What the command prints. */
  readonly answer: string;
}

const python: Subject = {
  file: "task.py",
  text: 'from capsule import task\n@task(ram="64MB", compute="LOW")\ndef main(): return "done"\n',
  comment: "# edited ",
  answer: "done\n",
};

const subjects: Readonly<Record<string, Subject>> = {
  module: {
    file: "task.wat",
    text: '(module (memory 1) (func (export "_start")))\n',
    comment: ";; edited ",
    answer: "",
  },
  "python (fast)": { engine: "fast", ...python },
  "python (npm)": { engine: "npm", ...python },
  javascript: {
    file: "task.ts",
    text: 'import { task } from "@capsule-run/sdk";\nexport const main = task({ name: "main", ram: "64MB" }, () => "done");\n',
    comment: "// edited ",
    answer: "done\n",
  },
};

const command = join(import.meta.dirname, "../packages/cli/bin/capsule.js");

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** The reference: the same Python program; what it keeps lies beside the program. */
function referenceRow(folder: string, rounds: number, edits: number): (string | number)[] | null {
  const reference = findReference();
  if (reference === null) return null;
  const cwd = join(folder, "reference");
  mkdirSync(cwd);
  const once = (text: string) => {
    writeFileSync(join(cwd, python.file), text);
    return timed(() => {
      const said = reference.run(["run", python.file], cwd);
      if (!said.includes(python.answer.trim())) throw new Error(`the reference answered ${JSON.stringify(said)}`);
    });
  };
  const first = once(python.text);
  const cold = Array.from({ length: rounds }, () => once(python.text));
  const edited = Array.from({ length: edits }, (_, round) => once(`${python.text}${python.comment}${round}\n`));
  return ["reference, python", first, median(cold), best(cold), median(edited), "–", "–"];
}

/** Samples of a whole process. */
function commandTime(args: readonly string[], cwd: string, cache: string, answer: string, engine = ""): number {
  return timed(() => {
    const env = { ...process.env, XDG_CACHE_HOME: cache, CAPSULE_PYTHON_ENGINE: engine };
    const said = execFileSync(args[0]!, args.slice(1), {
      cwd,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (said !== answer) throw new Error(`${args.join(" ")} answered ${JSON.stringify(said)}`);
  });
}

async function warmCalls(
  file: string,
  cwd: string,
  cache: string,
  rounds: number,
  options: CapsuleOptions,
): Promise<number[]> {
  await using capsule = await Capsule.open({ ...options, cache: { folder: join(cache, "capsule") } });
  const samples: number[] = [];
  for (let round = 0; round < rounds * 2; round++) {
    const began = performance.now();
    const envelope = await capsule.run(file, { cwd });
    const milliseconds = performance.now() - began;
    if (!envelope.success) throw new Error(envelope.error?.message);
    // The first half warms V8's compilers.
    if (round >= rounds) samples.push(milliseconds);
    // A thread puts the image back after its answer; a caller that calls at once would wait for that.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return samples;
}

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "capsule-start-"));
  const rounds = quick ? 5 : 15;
  try {
    const rows: (string | number)[][] = [];
    const skipped: string[] = [];
    for (const [subject, { engine, file, text, comment, answer }] of Object.entries(subjects)) {
      if (only.length > 0 && !only.includes(subject) && !only.includes(subject.split(" ")[0]!)) continue;
      const without = engine === undefined ? null : absentEngine(engine);
      if (without !== null) {
        skipped.push(`skipped: ${subject}: ${without}`);
        continue;
      }
      say(subject);
      const cache = join(folder, `cache-${subject}`);
      writeFileSync(join(folder, file), text);
      const capsule = [process.execPath, command, "run", "--no-trace", file];
      const first = commandTime(capsule, folder, cache, answer, engine);
      const cold = Array.from({ length: rounds }, () => commandTime(capsule, folder, cache, answer, engine));
      const edited = Array.from({ length: quick ? 3 : 7 }, (_, round) => {
        writeFileSync(join(folder, file), `${text}${comment}${round}\n`);
        return commandTime(capsule, folder, cache, answer, engine);
      });
      const warm = await warmCalls(
        file,
        folder,
        cache,
        quick ? 50 : 200,
        engine === undefined ? {} : { python: engine },
      );
      rows.push([subject, first, median(cold), best(cold), median(edited), median(warm), best(warm)]);
    }
    if (only.length === 0 || only.includes("reference")) {
      say("reference");
      const row = referenceRow(folder, rounds, quick ? 1 : 3);
      if (row === null) skipped.push(absentReference);
      else rows.push(row);
    }
    const bare = (args: readonly string[]) =>
      median(Array.from({ length: rounds }, () => commandTime(args, folder, folder, "")));
    const notes = [
      `beside: node -e 0 takes ${bare([process.execPath, "-e", "0"]).toFixed(0)} ms as a process (median)`,
    ];
    try {
      notes.push(`python3 -c pass takes ${bare(["python3", "-c", "pass"]).toFixed(0)} ms`);
    } catch {
      notes.push("skipped: there is no python3 on this machine to put beside");
    }
    return {
      tables: [
        {
          title: "A trivial program, in milliseconds",
          columns: ["guest", "first ever", "cold command", "(best)", "after an edit", "warm call", "(best)"],
          rows,
          notes: [
            ...notes,
            ...skipped,
            "first ever: with an empty cache, metering and booting the engine included; cold command: a process of its own, prepared",
            "warm call: capsule.run in a host program to its envelope, 10 ms after the one before",
          ],
        },
      ],
      data: rows,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
