/**
 * Job: what a call of the host costs a guest that waits for its answer: a sub-task in a sandbox of its own, and an HTTP
 * request on loopback, timed by the guest itself, beside what Node needs for the nearest thing without a sandbox.
 * Never: count a call that did not answer right.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { Capsule } from "@capsule-run/host";
import { best, median } from "./statistics.ts";
import type { Table } from "./table.ts";

export interface RoundTrip {
  readonly call: string;
  /** Milliseconds of one call: the best round, and the median. */
  readonly best: number;
  readonly median: number;
}

/** Each answers milliseconds for one call, of `n` one after the other. */
const programs = {
  "trips.py": `import time
from capsule import task, http
@task(name="leaf", ram="64MB", compute="LOW")
def leaf(n): return n
def timed(n, call):
    begin = time.perf_counter()
    for i in range(n): call(i)
    return (time.perf_counter() - begin) * 1000 / n
@task(name="tasks", compute="HIGH")
def tasks(n):
    def call(i):
        envelope = leaf(i)
        assert envelope["success"] and envelope["result"] == i, envelope
    return timed(n, call)
@task(name="requests", compute="HIGH", allowed_hosts=["127.0.0.1"])
def requests(n, url):
    def call(i): assert http.get(url).text() == "hello"
    return timed(n, call)
`,
  "trips.js": `import { task } from "@capsule-run/sdk";
const leaf = task({ name: "leaf", ram: "64MB", compute: "LOW" }, (n) => n);
async function timed(n, call) {
  const begin = performance.now();
  for (let i = 0; i < n; i++) await call(i);
  return (performance.now() - begin) / n;
}
export const tasks = task({ name: "tasks", compute: "HIGH" }, (n) => {
  const begin = performance.now();
  for (let i = 0; i < n; i++) if (leaf(i).result !== i) throw new Error("wrong answer");
  return (performance.now() - begin) / n;
});
export const requests = task({ name: "requests", compute: "HIGH", allowedHosts: ["127.0.0.1"] }, (n, url) =>
  timed(n, async () => {
    if ((await (await fetch(url)).text()) !== "hello") throw new Error("wrong answer");
  }));
`,
};

const label: Readonly<Record<string, string>> = { "trips.py": "Python", "trips.js": "JavaScript" };

/** A module that is instantiated for each message: what a sandbox is made of, without one. */
const worker = `const { parentPort, workerData } = require("node:worker_threads");
parentPort.on("message", (n) => {
  const instance = new WebAssembly.Instance(workerData);
  parentPort.postMessage(instance.exports.f(n));
});`;
/** (module (memory 1) (func (export "f") (param i32) (result i32) (local.get 0))) */
const small = Buffer.from(
  "0061736d0100000001060160017f017f03020100050301000107050101660000" + "0a0601040020000b",
  "hex",
);

export async function roundTrips(
  quick: boolean,
  say: (line: string) => void,
): Promise<{ table: Table; data: readonly RoundTrip[] }> {
  const folder = mkdtempSync(join(tmpdir(), "capsule-round-trips-"));
  const server = createServer((_, response) => void response.end("hello")).listen(0, "127.0.0.1");
  try {
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const calls = quick ? 20 : 100;
    const rounds = quick ? 4 : 10;
    const rows: RoundTrip[] = [];
    const measure = async (call: string, round: () => Promise<number>) => {
      say(call);
      await round();
      const times: number[] = [];
      for (let i = 0; i < rounds; i++) times.push(await round());
      rows.push({ call, best: best(times), median: median(times) });
    };

    for (const [file, text] of Object.entries(programs)) writeFileSync(join(folder, file), text);
    await using capsule = await Capsule.open({
      cache: { folder: join(import.meta.dirname, "../../node_modules/.cache/capsule-tests/bench") },
      limits: { private_addresses: ["127.0.0.1"] },
    });
    for (const [task, what, args] of [
      ["tasks", "sub-task", [calls]],
      ["requests", "HTTP GET on loopback", [calls, url]],
    ] as const)
      for (const file of Object.keys(programs))
        await measure(`${what}, ${label[file]}`, async () => {
          const { result, error } = await capsule.run(file, { task, args, cwd: folder });
          if (typeof result !== "number") throw new Error(error?.message);
          return result;
        });

    await measure("Node: postMessage to a warm worker, new Instance, answer", () => messages(calls));
    await measure("Node: new Worker, new Instance, answer, terminate", () => workers(quick ? 5 : 20));
    await measure("Node: fetch on loopback", async () => {
      const begin = performance.now();
      for (let i = 0; i < calls; i++)
        if ((await (await fetch(url)).text()) !== "hello") throw new Error("wrong answer");
      return (performance.now() - begin) / calls;
    });
    return {
      table: {
        title: "A call of the host that a guest waits for",
        columns: ["call", "best ms", "median ms"],
        rows: rows.map((row) => [row.call, row.best, row.median]),
        notes: [
          `one call after the other, ${calls} in a round, timed where the caller stands; best and median of ${rounds} rounds, one more before them`,
          "a sub-task has a thread, an instance, a budget and rights of its own, gone when it has answered; the rows of Node have none of this and start no language",
        ],
      },
      data: rows,
    };
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const start = () => new Worker(worker, { eval: true, workerData: new WebAssembly.Module(small) });

function ask(thread: Worker, n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.once("message", (answer) => (answer === n ? resolve() : reject(new Error("wrong answer"))));
    thread.postMessage(n);
  });
}

async function messages(calls: number): Promise<number> {
  const thread = start();
  try {
    await ask(thread, 0);
    const begin = performance.now();
    for (let i = 0; i < calls; i++) await ask(thread, i);
    return (performance.now() - begin) / calls;
  } finally {
    await thread.terminate();
  }
}

async function workers(calls: number): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) {
    const thread = start();
    await ask(thread, i);
    await thread.terminate();
  }
  return (performance.now() - begin) / calls;
}
