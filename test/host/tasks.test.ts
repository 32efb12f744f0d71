/** Job: tasks that call tasks, as the host sees it: trees, caps, cancelling, no deadlock. The language here is Python. */

import { join } from "node:path";
import { Capsule, type CapsuleEvent } from "@capsule-run/host";
import { afterAll, describe, expect, test } from "vitest";
import { python } from "../python/support.ts";
import { cacheFolder } from "../support/shared.ts";

const host = python({ pool: { threads: 2, spare: 1 } });
const kinds = (events: readonly CapsuleEvent[], task: string) =>
  events.filter((event) => event.kind !== "preparing" && event.task === task).map(({ kind }) => kind);

/** \`deep(n)\` calls itself n times, each in a sandbox of its own. */
const nested = `
from capsule import task

@task(name="deep", ram="64MB")
def deep(n):
    if n == 0:
        return 0
    envelope = deep(n - 1)
    if not envelope["success"]:
        raise RuntimeError(envelope["error"]["error_type"] + ": " + envelope["error"]["message"])
    return envelope["result"] + 1
`;

test("nested deeper than there are threads: a parent that waits lends its place", async () => {
  const { result, events } = await host.run(nested, { task: "deep", args: [6] });
  expect(result).toBe(6);
  const heads = events.filter((event) => event.kind === "queued");
  expect(heads.length).toBe(7);
  // A chain: each is the child of the one before.
  expect(heads.map(({ parent }) => parent)).toEqual([null, ...heads.slice(0, -1).map(({ id }) => id)]);
});

test("the threads that a run's tasks needed are there for the next run", async () => {
  let started = 0;
  const count = () => void started++;
  process.on("worker", count);
  // Longer than the pool waits before it starts a thread beside those that are busy.
  const program = `
import time
from capsule import task

@task(name="nap", ram="64MB")
def nap():
    time.sleep(0.6)

@task(name="main", ram="64MB")
def main():
    return nap()["success"]
`;
  try {
    for (let run = 0; run < 2; run++) {
      started = 0;
      expect((await host.run(program)).result).toBe(true);
    }
    expect(started).toBe(0);
  } finally {
    process.off("worker", count);
  }
});

test("deeper than the limit is the child's failure, which its caller sees", async () => {
  const bounded = await Capsule.open({
    pool: { threads: 1 },
    cache: { folder: join(cacheFolder(), "python") },
    limits: { max_depth: 3 },
  });
  afterAll(() => bounded[Symbol.asyncDispose]());
  host.write("main.py", nested);
  const envelope = await bounded.run("main.py", { cwd: host.folder, task: "deep", args: [5] });
  expect(envelope.error?.error_type).toBe("task_error");
  expect(envelope.error?.message).toContain("permission_denied: tasks may be nested 3 deep");
});

const family = `
import asyncio
from capsule import task

@task(name="sleeper", ram="64MB")
async def sleeper():
    await asyncio.sleep(60)

@task(name="quick", ram="64MB")
async def quick(n):
    await asyncio.sleep(0.05)
    return n

@task(name="crash", ram="64MB", compute="HIGH")
def crash():
    import sys
    sys.setrecursionlimit(10**9)
    def down(): return down()
    down()

@task(name="spin", ram="64MB", compute=5_000_000)
def spin():
    while True: pass

@task(name="late", ram="64MB", timeout="200ms", compute="HIGH")
def late():
    while True: pass

@task(name="all", ram="64MB", compute="HIGH")
async def all(n):
    envelopes = await asyncio.gather(*[quick(i) for i in range(n)])
    return [e["result"] for e in envelopes]

@task(name="broken", ram="64MB", compute="HIGH")
def broken():
    return [f()["error"]["error_type"] for f in (crash, spin, late)] + [quick(7)["result"]]

@task(name="parent", ram="64MB", timeout="2s", compute="HIGH")
async def parent():
    await asyncio.gather(*[sleeper() for _ in range(10)])
`;

test("fifty children of one gather all answer, in order", async () => {
  const { result, error } = await host.run(family, { task: "all", args: [50] });
  expect(error).toBe("");
  expect(result).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

test("children that crash, spin or time out do not hurt their parent", async () => {
  const { result, error } = await host.run(family, { task: "broken" });
  expect(error).toBe("");
  expect(result).toEqual([expect.stringMatching(/wasm_error|task_error/), "out_of_fuel", "timeout", 7]);
});

describe("a parent with ten children", () => {
  const finish = async (stop: AbortController | null) => {
    const capsule = await Capsule.open({ pool: { threads: 4 }, cache: { folder: join(cacheFolder(), "python") } });
    host.write("main.py", family);
    const events: CapsuleEvent[] = [];
    const envelope = await capsule.run("main.py", {
      cwd: host.folder,
      task: "parent",
      ...(stop === null ? {} : { signal: stop.signal }),
      onEvent: (event) => {
        events.push(event);
        const started = kinds(events, "sleeper").filter((kind) => kind === "started").length;
        if (started === 3) stop?.abort();
      },
    });
    const { running, queued } = capsule.state;
    await capsule[Symbol.asyncDispose]();
    return { envelope, events, left: { running, queued } };
  };

  test("is cancelled, and nothing is left running", async () => {
    const { envelope, events, left } = await finish(new AbortController());
    expect(envelope.error?.error_type).toBe("cancelled");
    expect(left).toEqual({ running: 0, queued: 0 });
    const sleepers = kinds(events, "sleeper");
    expect(sleepers.filter((kind) => kind === "cancelled").length).toBe(
      new Set(events.flatMap((event) => (event.kind !== "preparing" && event.task === "sleeper" ? [event.id] : [])))
        .size,
    );
    // The parent's end is told last.
    expect(events.at(-1)).toMatchObject({ task: "parent", kind: "cancelled" });
  });

  test("times out, and nothing is left running", async () => {
    const { envelope, events, left } = await finish(null);
    expect(envelope.error?.error_type).toBe("timeout");
    expect(left).toEqual({ running: 0, queued: 0 });
    expect(events.at(-1)).toMatchObject({ task: "parent", kind: "timed_out" });
  });
});

test("a run has no more tasks than its limit", async () => {
  const bounded = await Capsule.open({
    pool: { threads: 2 },
    cache: { folder: join(cacheFolder(), "python") },
    limits: { max_tasks: 4 },
  });
  afterAll(() => bounded[Symbol.asyncDispose]());
  host.write(
    "main.py",
    `${family}
@task(name="main", ram="64MB")
def main():
    return [(quick(i)["error"] or {}).get("message") for i in range(5)]
`,
  );
  const envelope = await bounded.run("main.py", { cwd: host.folder });
  const refused = "the run has started its 4 tasks already (max_tasks of the limits)";
  expect(envelope.result).toEqual([null, null, null, refused, refused]);
});

test("live tasks beyond the limit wait for each other", async () => {
  const bounded = await Capsule.open({
    pool: { threads: 4 },
    cache: { folder: join(cacheFolder(), "python") },
    limits: { live_ram: "192MB" },
  });
  afterAll(() => bounded[Symbol.asyncDispose]());
  host.write("main.py", family);
  let most = 0;
  const envelope = await bounded.run("main.py", {
    cwd: host.folder,
    task: "all",
    args: [8],
    onEvent: ({ kind }) => {
      if (kind === "started") most = Math.max(most, bounded.state.running);
    },
  });
  expect(envelope.result).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBeLessThanOrEqual(3);
});

test("a run that is cancelled while its program is made ready does not take another one of the same program along", async () => {
  host.write(
    "main.py",
    "import time\nfrom capsule import task\ntime.sleep(0.5)\n@task(ram='64MB')\ndef main():\n    return 1\n",
  );
  const capsule = await Capsule.open({ pool: { threads: 2 }, cache: { folder: join(cacheFolder(), "python") } });
  afterAll(() => capsule[Symbol.asyncDispose]());
  const stop = new AbortController();
  const first = capsule.run("main.py", { cwd: host.folder, signal: stop.signal });
  const second = capsule.run("main.py", { cwd: host.folder });
  await expect.poll(() => capsule.state.running).toBeGreaterThan(0);
  stop.abort();
  expect((await first).error?.error_type).toBe("cancelled");
  expect((await second).result).toBe(1);
});
