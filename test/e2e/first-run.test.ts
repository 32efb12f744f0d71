/** Job: the first run of a language, which prepares its engine: once, also when it is raced, killed, or has no place to keep it. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capsule, project, root, start, terminal } from "./support/capsule.ts";

const hello = join(root, "fixtures/hello/hello.py");

/** Every entry of the cache whose writer has finished is whole: a magic word, a hash, what the hash is of. */
function expectWholeCache(folder: string): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    // V8's code is Node's to write and to check.
    (entry) => entry.isFile() && !entry.name.endsWith(".tmp") && !/\/capsule\/code(?:\/|$)/.test(entry.parentPath),
  );
  for (const entry of entries) {
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    expect(bytes.subarray(0, 16).toString("latin1")).toBe("capsule cache 1\n");
    expect(createHash("sha256").update(bytes.subarray(48)).digest().equals(bytes.subarray(16, 48))).toBe(true);
  }
}
const cold = (path: string) => ({ env: { XDG_CACHE_HOME: path } });

test("prepares once; the second run prepares nothing", async () => {
  using cache = project();
  const first = await capsule(["run", hello, "--verbose"], cold(cache.path));
  const second = await capsule(["run", hello, "--verbose"], cold(cache.path));
  for (const end of [first, second]) expect(end).toMatchObject({ code: 0, stdout: "Hello from Capsule!\n" });
  expect(first.stderr).toContain("preparing");
  expect(second.stderr).not.toContain("preparing");
  expectWholeCache(cache.path);
});

test("two at the same time both succeed", async () => {
  using cache = project();
  const ends = await Promise.all([1, 2].map(() => capsule(["run", hello], cold(cache.path))));
  for (const end of ends) expect(end).toMatchObject({ code: 0, stdout: "Hello from Capsule!\n", stderr: "" });
  expectWholeCache(cache.path);
});

test.each(["SIGKILL", "SIGINT"] as const)(
  "%s in the middle of it leaves nothing half written; the next run is good",
  async (signal) => {
    using cache = project();
    const running = start(["run", hello, "--verbose"], cold(cache.path));
    await running.saw("stderr", "preparing");
    await new Promise((done) => setTimeout(done, 300));
    running.child.kill(signal);
    const end = await running.finished;
    expect(end.code === 130 || end.signal === signal).toBe(true);
    expectWholeCache(cache.path);
    expect(await capsule(["run", hello], cold(cache.path))).toMatchObject({
      code: 0,
      stdout: "Hello from Capsule!\n",
    });
    expectWholeCache(cache.path);
  },
);

test("a damaged cache is made again", async () => {
  using cache = project();
  await capsule(["run", hello], cold(cache.path));
  for (const entry of readdirSync(cache.path, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    }
  expect(await capsule(["run", hello], cold(cache.path))).toMatchObject({ code: 0, stdout: "Hello from Capsule!\n" });
  expectWholeCache(cache.path);
});

test("a cache that cannot be written slows down, no more", async () => {
  expect(await capsule(["run", hello], cold("/dev/null/nowhere"))).toMatchObject({
    code: 0,
    stdout: "Hello from Capsule!\n",
  });
});

test("its progress is shown on a terminal, and gone when it is over", async () => {
  using cache = project();
  const { screen } = await terminal(["run", hello], cold(cache.path));
  expect(screen).toMatch(/Metering CPython/);
  expect(screen).toMatch(/\r\x1b\[K(?!.*Metering)Hello from Capsule!\n(?:capsule: Python here is .*\n)?$/s);
  expect(existsSync(join(cache.path, "capsule"))).toBe(true);
});

test("who waits for the slow Python is told, once, how to get the fast one", async () => {
  using cache = project();
  const slow = { env: { XDG_CACHE_HOME: cache.path, CAPSULE_PYTHON_ENGINE: "npm" } };
  const { screen } = await terminal(["run", hello], slow);
  expect(screen).toContain("npm run engine:python makes CPython 3.13");
  expect((await terminal(["run", hello], slow)).screen).not.toContain("engine:python");
});
