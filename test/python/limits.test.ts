/** Job: a Python program stays within compute, ram and timeout, whatever it does. */
import { expect, test } from "vitest";
import { python, task } from "./support.ts";

const py = python();

test("an endless loop ends when its compute is gone, with exactly its budget consumed", async () => {
  const { envelope } = await py.run(task("while True: pass", "compute='LOW'"));
  expect(envelope.error?.error_type).toBe("out_of_fuel");
  expect(envelope.execution.fuel_consumed).toBe(100_000_000n);
});

test("a program that catches everything ends all the same", async () => {
  const { envelope } = await py.run(
    task(
      `
import os, sys
def again():
    while True:
        try:
            while True: pass
        except BaseException:
            continue
        finally:
            try: again()
            except BaseException: pass
again()`,
      "compute='LOW'",
    ),
  );
  expect(envelope.error?.error_type).toBe("out_of_fuel");
  expect(envelope.execution.fuel_consumed).toBe(100_000_000n);
});

test("a big power, a long sum and a regular expression end at the timeout", async () => {
  for (const body of ["10 ** 10 ** 9", "sum(range(10 ** 12))", "import re\nre.match('(a*)*b', 'a' * 40)"]) {
    const { envelope } = await py.run(task(body, "compute=10 ** 18, timeout='500ms'"));
    expect(envelope.error?.error_type, body).toBe("timeout");
  }
});

test("memory beyond ram is refused in the guest, and the host never holds it", async () => {
  const before = process.memoryUsage().rss;
  const caught = await py.run(
    task("try:\n    bytearray(1 << 30)\nexcept MemoryError:\n    return 'refused'", "ram='64MB'"),
  );
  expect(caught.result).toBe("refused");
  expect(caught.envelope.execution.ram_used).toBeLessThanOrEqual(64 * 1024 * 1024);
  const uncaught = await py.run(task("x = []\nwhile True: x.append(bytearray(1 << 20))", "ram='64MB'"));
  expect(uncaught.error).toMatch(/^out_of_memory: MemoryError/);
  expect(uncaught.error).toContain('File "main.py", line 6');
  const small = await py.run(task("x = []\nwhile True: x.append([len(x)])", "ram='64MB', compute='HIGH'"));
  expect(small.error).toMatch(/^out_of_memory: MemoryError/);
  for (const { envelope } of [uncaught, small])
    expect(envelope.execution.ram_used).toBeLessThanOrEqual(64 * 1024 * 1024);
  expect(process.memoryUsage().rss - before).toBeLessThan(700 * 1024 * 1024);
});

test("tasks with different limits in turn on one thread are each held to their own", async () => {
  const limits = [64, 400, 96, 64, 200, 64];
  for (const limit of limits) {
    const most = await py.run(
      task(
        "x = []\ntry:\n    while True: x.append(bytearray(1 << 20))\nexcept MemoryError:\n    return len(x)",
        `ram='${limit}MB', compute='HIGH'`,
      ),
    );
    const { ram_used } = most.envelope.execution;
    expect(ram_used).toBeLessThanOrEqual(limit * 1024 * 1024);
    expect(most.result).toBeGreaterThan(limit - 64);
  }
});

test("a limit beyond what 32-bit addresses reach is taken", async () => {
  for (const limit of ["'4GB'", "'5GB'", "'16GB'"]) {
    const { result, error } = await py.run(task("return len(bytearray(100 << 20))", `ram=${limit}`));
    expect(error || result).toBe(100 * 1024 * 1024);
  }
});

test("a MemoryError that nobody refused memory for is the program's own", async () => {
  expect((await py.run(task("raise MemoryError('mine')"))).error).toMatch(/^task_error: MemoryError: mine/);
});

test("sleeping costs no compute and no processor time", async () => {
  const body = (seconds: string) =>
    `import time\nt = time.monotonic()\ntime.sleep(${seconds})\nreturn time.monotonic() - t >= ${seconds}`;
  const short = await py.run(task(body("0.01")));
  const long = await py.run(task(body("0.30")));
  expect(long.result).toBe(true);
  // The clock's digits are computed with, so that the numbers differ a little.
  const more = long.envelope.execution.fuel_consumed - short.envelope.execution.fuel_consumed;
  expect(Math.abs(Number(more))).toBeLessThan(10_000);
});

test("deep recursion raises RecursionError", async () => {
  const { result } = await py.run(
    task("def f(n): return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError:\n    return 'deep'"),
  );
  expect(result).toBe("deep");
});

test("the same program consumes the same fuel", async () => {
  const text = task(
    "import json\nd = {str(i): [i] * 3 for i in range(1000)}\nreturn len(json.dumps(d)) + len(set('abc'))",
  );
  const runs = [await py.run(text), await py.run(text), await py.run(text)];
  expect(new Set(runs.map((run) => run.envelope.execution.fuel_consumed)).size).toBe(1);
});

test("the boot is not charged", async () => {
  const { envelope } = await py.run(task("return None"));
  expect(envelope.execution.fuel_consumed).toBeLessThan(5_000_000n);
});
