/**
 * Job: custom worlds in three languages give the same results on our linker, metered, on Wasmtime and on plain jco; and cost
 * what Wasmtime says that they cost.
 * Never: need all of these: what is missing is said.
 */
import { describe, expect, test } from "vitest";
import { component } from "../../../fixtures/components/build.ts";
import { ownedCalls, shapesCalls, shapesInterface, valuesCalls, valuesInterface } from "./calls.ts";
import { runOnCapsule } from "./capsule.ts";
import { runOnJco, runOnWasmtime, shapesOf, wasmtime } from "./engines.ts";
import type { CallsAnswer, CallsTrial } from "./trial.ts";

const worlds = {
  values: { of: "values", languages: ["rust", "javascript", "python"], interface: valuesInterface, calls: valuesCalls },
  shapes: { of: "shapes", languages: ["rust", "javascript"], interface: shapesInterface, calls: shapesCalls },
  owned: {
    of: "shapes",
    languages: ["rust", "python"],
    interface: shapesInterface,
    calls: [...shapesCalls, ...ownedCalls],
  },
} as const;
/** Python's start reads random seeds and clocks, which each host answers differently. */
const deterministic = ["rust", "javascript"];

for (const [world, { of, languages, interface: within, calls }] of Object.entries(worlds))
  describe(world, () => {
    const answers: (readonly [language: string, CallsAnswer])[] = [];

    for (const language of languages)
      test(`from ${language}: as on Wasmtime and on jco`, async ({ skip }) => {
        const built = await component(`${of}-${language}`);
        if ("missing" in built) {
          console.warn(`SKIPPED: ${built.missing}`);
          return skip(built.missing);
        }
        const { types, ...ours } = runOnCapsule({ interface: within, calls }, built.bytes);
        answers.push([language, ours]);
        // Its 18 MB take each engine many seconds to compile: once is enough.
        if (of === "shapes" && language === "python") return;
        const trial = {
          kind: "calls",
          component: built.path,
          interface: within,
          calls,
          fuel: true,
          counter: false,
        } as const;
        const [jco] = runOnJco([{ ...trial, types: types.map(shapesOf) }]);
        expect({ ...jco, fuel: ours.fuel }).toEqual(ours);
        if (wasmtime === null) return;
        const [theirs] = runOnWasmtime([trial as CallsTrial]);
        expect({ ...theirs, fuel: ours.fuel }).toEqual(ours);
        if (deterministic.includes(language)) expect(ours.fuel).toEqual(theirs!.fuel);
      });

    test("the languages agree", () => {
      for (const [, answer] of answers.slice(1)) {
        expect(answer.results).toEqual(answers[0]![1].results);
        expect(answer.log).toEqual(answers[0]![1].log);
      }
    });
  });
