/** Job: feed seeds to a worker and end it when one seed takes too long. Never: run more than one worker (two cores are all there is). */
import { Worker } from "node:worker_threads";
import type { Job, Result } from "./worker.ts";

/** No seed takes a tenth of it on a slow machine. */
const patience = 60_000;

export async function tryAll(jobs: Iterable<Job>, report: (result: Result) => void): Promise<void> {
  let worker = start();
  try {
    for (const job of jobs) {
      const result = await new Promise<Result>((resolve) => {
        const current = worker;
        const settle = (result: Result, alive: boolean) => {
          clearTimeout(hang);
          current.off("message", done).off("error", died);
          if (!alive) {
            void current.terminate();
            worker = start();
          }
          resolve(result);
        };
        const done = (result: Result) => settle(result, true);
        const died = (error: unknown) => settle({ ...job, failures: [`the worker died: ${error}`] }, false);
        const hang = setTimeout(
          () => settle({ ...job, failures: [`still running after ${patience / 1000} s`] }, false),
          patience,
        );
        current.on("message", done).on("error", died);
        current.postMessage(job);
      });
      report(result);
    }
  } finally {
    await worker.terminate();
  }
}

function start(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    execArgv: ["--conditions=capsule-source", "--no-warnings"],
  });
}
