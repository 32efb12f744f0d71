/**
 * Job: the component model's own scripts, Wasmtime's and ours, on the decoder, the meter and the linker.
 * Never: let something not hold without a reason that was written down.
 */
import { expect, test } from "vitest";
import { capsuleWorld } from "./capsule.ts";
import { known, skips } from "./known.ts";
import { runScript } from "./runner.ts";
import { ownScripts, suite, type suites } from "./scripts.ts";

for (const script of ownScripts())
  test(`own/${script.name}`, async () => {
    const outcomes = await runScript(script.commands, capsuleWorld());
    expect(outcomes.filter(({ outcome }) => outcome !== "holds")).toEqual([]);
  });

for (const name of ["component-model", "wasmtime"] satisfies (keyof typeof suites)[]) {
  const scripts = suite(name);
  if (scripts === null)
    console.warn(`SKIPPED: ${name}'s component tests: set CAPSULE_COMPONENT_TESTS (see CONTRIBUTING.md)`);
  test.skipIf(scripts !== null)(
    `${name}'s scripts are skipped: CAPSULE_COMPONENT_TESTS names no checkout of it`,
    () => {},
  );

  for (const script of scripts ?? [])
    test(`${name}/${script.name}`, async () => {
      const outcomes = await runScript(script.commands, capsuleWorld());
      const unexplained = outcomes.filter(
        ({ outcome, why }) => outcome === "skipped" && !skips.some(([says]) => says.test(why)),
      );
      expect(unexplained).toEqual([]);
      const failing = outcomes.filter(({ outcome }) => outcome === "fails");
      const most = known[`${name}/${script.name}`]?.[0] ?? 0;
      expect(failing.slice(0, failing.length > most ? undefined : 0)).toEqual([]);
    });
}
