/** Job: what a whole run may use: counted, waited for, refused, given back. */
import { describe, expect, test } from "vitest";
import { defaultRunLimits, type RunLimits } from "../../packages/host/src/policy/limits.ts";
import { RunBudget, type Share } from "../../packages/host/src/task/budget.ts";

const budget = (limits: Partial<RunLimits>) => new RunBudget({ ...defaultRunLimits, ...limits });
const signal = new AbortController().signal;
const share = (given: Share | string | null): Share => {
  if (given === null || typeof given === "string") throw new Error(`no share but ${given}`);
  return given;
};
/** Whether a promise is still open after everything that is due has run. */
const isOpen = async (promise: Promise<unknown>) =>
  (await Promise.race([
    promise.then(() => false),
    new Promise<true>((resolve) => setImmediate(resolve, true)),
  ])) as boolean;

test("tasks and depth are counted", () => {
  const run = budget({ tasks: 2, depth: 3 });
  expect(run.admit(4)).toContain("nested 3 deep");
  expect(run.admit(1)).toBeUndefined();
  expect(run.admit(3)).toBeUndefined();
  expect(run.admit(1)).toContain("its 2 tasks");
});

describe("fuel", () => {
  test("what a live task may burn is not another's", async () => {
    const run = budget({ totalFuel: 100n });
    const first = share(await run.enter(1, 70n, signal));
    const second = share(await run.enter(1, 70n, signal));
    expect([first.fuel, second.fuel]).toEqual([70n, 30n]);
    run.leave(first, 10n);
    expect(share(await run.enter(1, 70n, signal)).fuel).toBe(60n);
  });

  test("nothing is left when all of it is burnt", async () => {
    const run = budget({ totalFuel: 100n });
    run.leave(share(await run.enter(1, 200n, signal)), 100n);
    expect(share(await run.enter(1, 1n, signal)).fuel).toBe(0n);
  });
});

describe("room", () => {
  test("a task waits for one that will end, and gets its place", async () => {
    const run = budget({ liveMemoryBytes: 10 });
    const first = share(await run.enter(6, 1n, signal));
    const second = run.enter(6, 1n, signal);
    expect(await isOpen(second)).toBe(true);
    run.leave(first, 0n);
    share(await second);
  });

  test("in order: a small task does not overtake a large one for ever", async () => {
    const run = budget({ liveMemoryBytes: 10 });
    const first = share(await run.enter(8, 1n, signal));
    const large = run.enter(9, 1n, signal);
    const small = run.enter(1, 1n, signal);
    expect(await isOpen(small)).toBe(true);
    run.leave(first, 0n);
    share(await large);
    share(await small);
  });

  test("is refused when only tasks are alive that wait for tasks", async () => {
    const run = budget({ liveTasks: 1 });
    share(await run.enter(1, 1n, signal));
    run.block(1);
    expect(await run.enter(1, 1n, signal)).toContain("max_live_tasks");
  });

  test("is refused as soon as the last one that could make room begins to wait", async () => {
    const run = budget({ liveTasks: 1 });
    share(await run.enter(1, 1n, signal));
    const second = run.enter(1, 1n, signal);
    expect(await isOpen(second)).toBe(true);
    run.block(1);
    expect(await second).toContain("max_live_tasks");
  });

  test("is refused when it is more than the limit", async () => {
    expect(await budget({ liveMemoryBytes: 10 }).enter(11, 1n, signal)).toContain("live_ram");
  });

  test("an abort ends the wait and lets the next one in", async () => {
    const run = budget({ liveMemoryBytes: 10 });
    share(await run.enter(6, 1n, signal));
    const stop = new AbortController();
    const large = run.enter(6, 1n, stop.signal);
    const small = run.enter(2, 1n, signal);
    expect(await isOpen(small)).toBe(true);
    stop.abort();
    expect(await large).toBeNull();
    share(await small);
    expect(await run.enter(1, 1n, stop.signal)).toBeNull();
  });
});
