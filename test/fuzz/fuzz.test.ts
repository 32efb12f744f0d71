/** Job: the short mode of the fuzzer: the stored seeds, and every seed that ever failed. Never: pick seeds at random. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generate } from "./generate.ts";
import { tryAll } from "./pool.ts";
import type { Kind } from "./worker.ts";

interface Seeds {
  readonly from: number;
  readonly count: number;
  /** Seeds outside of the range that once failed. */
  readonly failed: readonly number[];
}
const seeds = JSON.parse(readFileSync(new URL("./seeds.json", import.meta.url), "utf8")) as Record<Kind, Seeds>;

async function failing(kind: Kind): Promise<string[]> {
  const { from, count, failed } = seeds[kind];
  const jobs = [...failed, ...Array.from({ length: count }, (_, i) => from + i)].map((seed) => ({ kind, seed }));
  const failures: string[] = [];
  await tryAll(jobs, ({ seed, failures: found }) => {
    if (found.length > 0) failures.push(`${kind} ${seed}: ${found.slice(0, 3).join("; ")}`);
  });
  return failures.slice(0, 20);
}

test("the generator makes valid modules from the stored seeds", () => {
  const { from, count } = seeds.generated;
  const invalid = Array.from({ length: count }, (_, i) => from + i).filter(
    (seed) => !WebAssembly.validate(generate(seed)),
  );
  expect(invalid).toEqual([]);
});

test("generated modules behave as the oracle says, under every budget", async () => {
  expect(await failing("generated")).toEqual([]);
}, 300_000);

test("mutated modules stay valid or are refused by a typed error with a place", async () => {
  expect(await failing("mutated")).toEqual([]);
}, 300_000);

test("damaged components are read, metered and described, or refused by a typed error with a place", async () => {
  expect(await failing("component")).toEqual([]);
}, 300_000);
