/**
 * Job: how long after its deadline, or after an abort, a guest's thread is gone and the run answered, whatever the guest does; beside
 * it a bare `Worker.terminate()` of the same loop, which is what V8 itself needs.
 * Never: judge; a busy machine shows in the worst column.
 */
import { Worker } from "node:worker_threads";
import { instrument } from "@capsule-run/instrument";
import { parseText } from "@capsule-run/instrument/text";
import { Pool } from "../packages/host/src/worker/pool.ts";
import type { Job } from "../packages/host/src/worker/thread.ts";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { jobOf } from "./support/job.ts";
import { best, median } from "./support/statistics.ts";

export const name = "stop";
export const description = "milliseconds from a deadline or an abort to the thread being gone";

const spin = '(module (memory 1) (func (export "_start") (loop $again (br $again))))';
const sleep = `(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 60000000000))
    (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)))))`;
const grow =
  '(module (memory 1) (func (export "_start") (loop $again (drop (memory.grow (i32.const 1))) (br $again))))';

async function endless(wat: string): Promise<Job> {
  const metered = instrument(await parseText(wat), { global: "import", memory: "import" });
  return jobOf(metered, { fuel: 2n ** 62n, memoryBytes: 64 * 1024 * 1024 });
}

const runMs = 100;

/** Lateness of a run with a deadline. */
async function byDeadline(pool: Pool, job: Job): Promise<number> {
  const { durationMs } = await pool.run(job, {}, { timeoutMs: runMs });
  return durationMs - runMs;
}

async function byAbort(pool: Pool, job: Job): Promise<number> {
  const stop = new AbortController();
  let at = 0;
  setTimeout(() => {
    at = performance.now();
    stop.abort();
  }, runMs);
  await pool.run(job, {}, { signal: stop.signal });
  return performance.now() - at;
}

async function bare(module: WebAssembly.Module): Promise<number> {
  const source = `const { workerData, parentPort } = require("node:worker_threads");
    const { exports } = new WebAssembly.Instance(workerData, {});
    parentPort.postMessage(0);
    exports._start();`;
  const worker = new Worker(source, { eval: true, workerData: module });
  await new Promise((resolve) => worker.once("message", resolve));
  await new Promise((resolve) => setTimeout(resolve, runMs));
  const began = performance.now();
  await worker.terminate();
  return performance.now() - began;
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 10 : 40;
  await using pool = new Pool({ threads: 2, spare: 2 });
  const unmetered = new WebAssembly.Module((await parseText(spin)) as Uint8Array<ArrayBuffer>);
  const [spinning, sleeping, growing] = await Promise.all([spin, sleep, grow].map(endless));
  const cases: Readonly<Record<string, () => Promise<number>>> = {
    "deadline, endless loop": () => byDeadline(pool, spinning!),
    "deadline, sleep": () => byDeadline(pool, sleeping!),
    "deadline, memory.grow in a loop": () => byDeadline(pool, growing!),
    "abort, endless loop": () => byAbort(pool, spinning!),
    "bare Worker.terminate(), endless loop, unmetered": () => bare(unmetered),
  };
  const samples = new Map<string, number[]>(Object.keys(cases).map((label) => [label, []]));
  for (let round = 0; round < rounds; round++)
    for (const [label, one] of Object.entries(cases)) {
      await pool.warm();
      samples.get(label)!.push(await one());
    }
  const rows = [...samples].map(([label, values]) => ({
    label,
    best: best(values),
    median: median(values),
    worst: Math.max(...values),
  }));
  return {
    tables: [
      {
        title: "From the end that was set to the thread being gone",
        columns: ["what", "best ms", "median ms", "worst ms"],
        rows: rows.map((row) => [row.label, row.best, row.median, row.worst]),
        notes: ["goal: 10 ms; a deadline's lateness includes that of setTimeout, which fires up to 1 ms late"],
      },
    ],
    data: rows,
  };
}
