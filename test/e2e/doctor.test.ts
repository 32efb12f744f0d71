/** Job: `capsule doctor`: what is there, what is not, and what to do about it. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { capsule, project } from "./support/capsule.ts";

interface Check {
  readonly name: string;
  readonly state: "ok" | "reduced" | "missing";
  readonly found: string;
  readonly advice: string | null;
}

test("every part is named; nothing that is needed is missing where the tests run", async () => {
  const end = await capsule(["doctor", "--json"]);
  expect(end).toMatchObject({ code: 0, stderr: "" });
  const checks = JSON.parse(end.stdout) as Check[];
  expect(checks.map(({ name }) => name)).toEqual([
    "node",
    "machine",
    "python",
    "numpy",
    "packages",
    "javascript",
    "esbuild",
    "wabt",
    "directories",
    "cache",
    "trace",
  ]);
  for (const { state, advice } of checks) {
    expect(state).not.toBe("missing");
    expect(advice === null).toBe(state === "ok");
  }
});

test("the fallback of Python says how to get the fast one; a wrong choice is missing", async () => {
  const slow = await capsule(["doctor"], { env: { CAPSULE_PYTHON_ENGINE: "npm" } });
  expect(slow.code).toBe(0);
  expect(slow.stdout).toMatch(
    /! python +cpython 3\.12\.0, .*\n +→ (?:for the fast one run `npm run engine:python`|leave CAPSULE_PYTHON_ENGINE out)/,
  );
  const wrong = await capsule(["doctor"], { env: { CAPSULE_PYTHON_ENGINE: "jython" } });
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toMatch(/✗ python +CAPSULE_PYTHON_ENGINE is "jython"/);
});

test("a cache that cannot be written is said, with what to do", async () => {
  using folder = project({ file: "" });
  const end = await capsule(["doctor"], { env: { XDG_CACHE_HOME: join(folder.path, "file") } });
  expect(end.code).toBe(0);
  expect(end.stdout).toMatch(
    /! cache +".*" cannot be written.*\n +→ every start prepares its engine anew; set XDG_CACHE_HOME/,
  );
});
