/**
 * Job: what `instrumentComponent` writes runs on other engines as the original does, counts there what our host counts, and
 * stops there when its budget is spent.
 * Never: need all of them: what is missing is said.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instrumentComponent } from "@capsule-run/instrument/component";
import { afterAll, expect, test } from "vitest";
import { component } from "../../fixtures/components/build.ts";
import { giveAll } from "./conformance/capsule.ts";
import { shapesCalls, shapesInterface, valuesCalls, valuesInterface } from "./oracle/calls.ts";
import { Linked, runOnCapsule } from "./oracle/capsule.ts";
import { runOnJco, runOnWasmtime, shapesOf, wasmtime } from "./oracle/engines.ts";
import type { CallsTrial } from "./oracle/trial.ts";

const folder = mkdtempSync(join(tmpdir(), "capsule-component-"));
afterAll(() => rmSync(folder, { recursive: true }));

const budget = 10n ** 15n;

const cases = [
  { name: "values-rust", within: valuesInterface, calls: valuesCalls, jco: true },
  { name: "shapes-rust", within: shapesInterface, calls: shapesCalls, jco: true },
  // Its engine and its modules are components of their own, inside one without code: they share. jco 1.35 does not run a
  // call between components while one of them is instantiated.
  { name: "values-javascript", within: valuesInterface, calls: valuesCalls, jco: false },
] as const;

for (const { name, within, calls, jco } of cases)
  test(`${name}, metered, on Wasmtime and on jco`, async ({ skip }) => {
    const built = await component(name);
    if ("missing" in built) {
      console.warn(`SKIPPED: ${built.missing}`);
      return skip(built.missing);
    }
    const metered = (fuel: bigint) => {
      const { bytes, report } = instrumentComponent(built.bytes, { fuel });
      const path = join(folder, `${name}-${fuel}.wasm`);
      writeFileSync(path, bytes);
      return { report, path };
    };
    const { types, fuel, ...ours } = runOnCapsule({ interface: within, calls }, built.bytes);
    const { path, report } = metered(budget);
    const trial: CallsTrial = { kind: "calls", component: path, interface: within, calls, fuel: false, counter: false };

    if (jco) expect(runOnJco([{ ...trial, types: types.map(shapesOf) }])[0]).toMatchObject(ours);
    if (wasmtime === null) return;
    const [theirs] = runOnWasmtime([{ ...trial, counter: true }]);
    expect(theirs).toMatchObject(ours);
    // Its start-up fuel and its start functions.
    const start = new Linked(built.bytes, giveAll).consumed;
    expect(start).toBeGreaterThanOrEqual(report.startFuel);
    const cost = start + fuel.reduce((sum, each) => sum + BigInt(each ?? 0), 0n);
    const told = budget - BigInt(theirs!.remaining!);
    // Where components share, what the last `post-return` spent is told at the next call.
    if (report.counters === 1) expect(told).toBe(cost);
    else expect(cost - told).toSatisfy((untold: bigint) => untold >= 0n && untold < 1000n);

    const [enough, spent] = runOnWasmtime([
      { ...trial, component: metered(cost + 1n).path },
      { ...trial, component: metered(cost).path },
    ]);
    expect(enough).toMatchObject(ours);
    expect(spent).toHaveProperty("error", expect.stringContaining("unreachable"));
  });
