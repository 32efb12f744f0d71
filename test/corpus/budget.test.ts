/**
 * Job: run the generated modules under budgets around what they cost (SPEC.md §2): C + 1, C, C − 1, C / 2, C / 3, 1, and
 * the points of their host calls. Never: compare with Wasmtime (it lets the last stretch overshoot).
 */
import { expect, test } from "vitest";
import { compare } from "../fuzz/compare.ts";
import { corpus, profiles } from "./corpus.ts";

for (const profile of profiles) {
  const modules = corpus(profile);
  test.skipIf(modules === null)(`${profile}: every budget ends as the specification says`, () => {
    const failures: string[] = [];
    for (const { name, bytes } of modules ?? [])
      for (const failure of compare(bytes, { forms: ["import"], argumentCount: 1 }))
        failures.push(`${name} ${failure}`);
    expect(failures.slice(0, 20)).toEqual([]);
  });
}
