/**
 * Job: programs as agents write them give the same JSON in a sandbox as native CPython gives: the stored answers are those of
 * CPython 3.13 (`BLESS=1 npx vitest run test/python/same.test.ts` writes them), and this machine's own Python agrees.
 * Never: accept a difference in a digit.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { python } from "./support.ts";

const py = python();
const folder = join(import.meta.dirname, "../../fixtures/programs");
const programs = readdirSync(folder)
  .filter((name) => name.endsWith(".py"))
  .map((name) => name.slice(0, -3));
const stored = (name: string) => join(folder, "expected", `${name}.json`);

/** A `capsule` whose task is the function itself, and the result as JSON. */
const harness = `
import asyncio, inspect, json, runpy, sys, types
capsule = types.ModuleType("capsule")
capsule.task = lambda function=None, **options: function or (lambda function: function)
sys.modules["capsule"] = capsule
value = runpy.run_path(sys.argv[1])["main"]()
print(json.dumps(asyncio.run(value) if inspect.iscoroutine(value) else value, ensure_ascii=False))
`;

/** The machine's Python that is nearest to the engines': 3.13, else the usual one if the programs' language is its own. */
const native = ["python3.13", "python3"].find((command) => {
  const { stdout } = spawnSync(command, ["-c", "import sys; print(sys.version_info >= (3, 11))"], { encoding: "utf8" });
  return stdout?.trim() === "True";
});
if (native === undefined)
  console.warn("SKIPPED: comparing with native Python: there is no Python 3.11 or newer on this machine");

function nativeAnswer(name: string): string {
  const args = ["-X", "utf8", "-c", harness, join(folder, `${name}.py`)];
  const { stdout, stderr } = spawnSync(native!, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout;
}

if (process.env["BLESS"] !== undefined) for (const name of programs) writeFileSync(stored(name), nativeAnswer(name));

test("there are twenty programs, each with its answer", () => {
  expect(programs.length).toBeGreaterThanOrEqual(20);
  expect(readdirSync(join(folder, "expected")).sort()).toEqual(programs.map((name) => `${name}.json`).sort());
});

test.for(programs)("%s in a sandbox", async (name) => {
  const { envelope, error } = await py.run(readFileSync(join(folder, `${name}.py`), "utf8"));
  expect(error).toBe("");
  expect(`${envelope.resultText}\n`).toBe(readFileSync(stored(name), "utf8"));
});

test.runIf(native !== undefined).for(programs)("%s on this machine's Python", (name) => {
  expect(nativeAnswer(name)).toBe(readFileSync(stored(name), "utf8"));
});
