/**
 * Job: how many trivial tasks a host runs in a second, one after the other and many at once, and how much memory a live
 * sandbox takes; for a core module, Python and JavaScript.
 * Never: count a task that did not answer right.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule, type CapsuleOptions } from "@capsule-run/host";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { absentEngine } from "./support/python-engine.ts";
import { best } from "./support/statistics.ts";

export const name = "throughput";
export const description = "trivial tasks per second, and memory per live sandbox";

interface Subject {
  /** Which Python. */
  readonly engine?: "fast" | "npm";
  readonly file: string;
  readonly text: string;
  /** Sleeps for a minute: to be looked at while alive. */
  readonly sleeper: string;
}

const python: Subject = {
  file: "task.py",
  text: 'from capsule import task\n@task(ram="64MB", compute="LOW")\ndef main(): return 1\n',
  sleeper: 'import time\nfrom capsule import task\n@task(ram="64MB")\ndef main(): time.sleep(60)\n',
};

const subjects: Readonly<Record<string, Subject>> = {
  module: {
    file: "task.wat",
    text: '(module (memory 1) (func (export "_start")))',
    sleeper: `(module
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 60000000000))
        (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)))))`,
  },
  "python (fast)": { engine: "fast", ...python },
  "python (npm)": { engine: "npm", ...python },
  javascript: {
    file: "task.js",
    text: 'import { task } from "@capsule-run/sdk";\nexport const main = task({ name: "main", ram: "64MB" }, () => 1);\n',
    sleeper:
      'import { task } from "@capsule-run/sdk";\nexport const main = task({ name: "main", ram: "64MB" }, () => new Promise((done) => setTimeout(done, 60000)));\n',
  },
};

const atOnce = [1, 10, 100, 1000];
const mebibyte = 1024 * 1024;

interface Rates {
  /** Tasks in a second, for each of `atOnce`. */
  readonly perSecond: readonly (number | null)[];
  /** Milliseconds of processor time of one task, all threads together, ten at once. */
  readonly processor: number;
}

async function rates(capsule: Capsule, file: string, cwd: string, quick: boolean): Promise<Rates> {
  const one = async () => {
    const envelope = await capsule.run(file, { cwd });
    if (!envelope.success) throw new Error(envelope.error?.message);
  };
  const many = (width: number) => Promise.all(Array.from({ length: width }, one));
  // Until V8's second compiler is done with what every task runs. It works beside the tasks, and takes from them what is
  // counted here: on CPython for one to four seconds.
  let processor = Number.POSITIVE_INFINITY;
  for (let slice = 0; slice < (quick ? 8 : 16); slice++) {
    const before = process.cpuUsage();
    const until = performance.now() + 1000;
    let tasks = 0;
    for (; performance.now() < until; tasks += 10) await many(10);
    const { user, system } = process.cpuUsage(before);
    const now = (user + system) / 1000 / tasks;
    const isSteady = now > processor * 0.95;
    processor = Math.min(processor, now);
    if (isSteady) break;
  }
  const perSecond: (number | null)[] = [];
  for (const width of atOnce) {
    if (quick && width > 100) {
      perSecond.push(null);
      continue;
    }
    const total = Math.max(width, quick ? 100 : 300);
    const seconds: number[] = [];
    for (let round = 0; round < (quick ? 2 : 3); round++) {
      const began = performance.now();
      for (let done = 0; done < total; done += width) await many(width);
      seconds.push((performance.now() - began) / 1000);
    }
    perSecond.push(Math.round((Math.ceil(total / width) * width) / best(seconds)));
  }
  return { perSecond, processor };
}

/** Growth of the process with ten more guests alive, for each. */
async function memory(file: string, cwd: string, folder: string, options: CapsuleOptions): Promise<number> {
  const live = 10;
  await using capsule = await Capsule.open({ ...options, pool: { threads: live, spare: 0 }, cache: { folder } });
  // What the engine needs once is there before.
  await capsule.run(file.replace("sleeper", "task"), { cwd });
  const stop = new AbortController();
  const before = process.memoryUsage().rss;
  let started = 0;
  const all = Promise.withResolvers<void>();
  const runs = Array.from({ length: live }, () =>
    capsule.run(file, {
      cwd,
      signal: stop.signal,
      onEvent: ({ kind }) => {
        if (kind === "started" && ++started === live) setTimeout(all.resolve, 1000);
      },
    }),
  );
  await all.promise;
  const bytes = (process.memoryUsage().rss - before) / live;
  stop.abort();
  await Promise.all(runs);
  return bytes / mebibyte;
}

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "capsule-throughput-"));
  const cache = join(import.meta.dirname, "../node_modules/.cache/capsule-tests/bench");
  try {
    const rows: { subject: string; rates: Rates; memory: number }[] = [];
    const skipped: string[] = [];
    for (const [subject, { engine, file, text, sleeper }] of Object.entries(subjects)) {
      if (only.length > 0 && !only.includes(subject) && !only.includes(subject.split(" ")[0]!)) continue;
      const without = engine === undefined ? null : absentEngine(engine);
      if (without !== null) {
        skipped.push(`skipped: ${subject}: ${without}`);
        continue;
      }
      const options: CapsuleOptions = engine === undefined ? {} : { python: engine };
      say(subject);
      writeFileSync(join(folder, file), text);
      writeFileSync(join(folder, file.replace("task", "sleeper")), sleeper);
      await using capsule = await Capsule.open({ ...options, cache: { folder: cache } });
      rows.push({
        subject,
        rates: await rates(capsule, file, folder, quick),
        memory: await memory(file.replace("task", "sleeper"), folder, cache, options),
      });
    }
    return {
      tables: [
        {
          title: `Trivial tasks per second on ${availableParallelism()} processors`,
          columns: ["guest", ...atOnce.map((width) => `${width} at once`), "ms of processor", "MiB per live sandbox"],
          rows: rows.map(({ subject, rates: { perSecond, processor }, memory: mebibytes }) => [
            subject,
            ...perSecond.map((rate) => rate ?? "–"),
            processor,
            mebibytes,
          ]),
          notes: [
            `from capsule.run to its envelope, reading the file and the project included; the best of ${quick ? "two" : "three"} rounds, after V8 has compiled what every task runs`,
            "ms of processor: of one task, all threads of the process together, ten at once",
            ...skipped,
            "memory: growth of the process with ten more guests alive and asleep, divided by ten",
          ],
        },
      ],
      data: rows,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
