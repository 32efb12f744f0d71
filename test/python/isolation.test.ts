/** Job: a thousand tasks in random order leave nothing behind: neither in what Python shows, nor in a byte of memory. Never: trust one order. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cacheFolder } from "../support/shared.ts";

const times = 1000;

test("a thousand tasks that spoil what they can see the same clean interpreter, in memory that is the image byte for byte", {
  timeout: 300_000,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "capsule-isolation-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const seed = process.env["ISOLATION_SEED"] ?? String(Date.now() % 1_000_000);
  const script = join(import.meta.dirname, "isolation/runs.ts");
  const args = ["--conditions=capsule-source", script, join(cacheFolder(), "python"), String(times), seed];
  const said = execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 });
  const { seen, numbers, endings, memories, differing } = JSON.parse(said.trim().split("\n").at(-1)!) as {
    readonly seen: readonly (readonly [string, number])[];
    readonly numbers: number;
    readonly endings: Readonly<Record<string, number>>;
    readonly memories: number;
    readonly differing: readonly string[];
  };
  const views = seen.map(([text]) => JSON.parse(text) as Readonly<Record<string, unknown>>);
  // Two: what every fourth saw is more.
  const [whole, ...more] = views.filter(({ globals }) => globals !== false);
  const [partial, ...others] = views.filter(({ globals }) => globals === false);
  for (const view of more) expect(view, `ISOLATION_SEED=${seed}`).toEqual(whole);
  for (const view of others) expect(view, `ISOLATION_SEED=${seed}`).toEqual(partial);
  expect(seen.reduce((sum, [, count]) => sum + count, 0)).toBe(times);
  expect(numbers).toBe(times);
  expect(differing).toEqual([]);
  // Those of the collection of declarations too.
  expect(memories).toBeGreaterThanOrEqual(times);
  expect(Object.keys(endings).sort()).toEqual(["out_of_fuel", "out_of_memory", "success", "task_error"]);
});
