/**
 * Job: run the specification's tests on bare and on metered modules: whatever holds on the bare engine holds metered, with the same traps and, wherever it ends, with the fuel that the oracle counts.
 * Never: ask the metered module for more than the engine gives.
 */
import { InstrumentError, type InstrumentOptions, instrument } from "@capsule-run/instrument";
import { expect, test } from "vitest";
import { runOnOracle } from "./oracle.ts";
import { run, type World } from "./runner.ts";
import { scripts } from "./script.ts";
import { bareFailures, deviations, refused } from "./skips.ts";

const options: InstrumentOptions = { global: "import", features: { gc: true, relaxedSimd: true } };
const bare: World = { prepare: (bytes) => ({ bytes, startFuel: 0n }), refusal: () => false, counter: null };
const metered = (): World => ({
  prepare: (bytes) => {
    const { bytes: out, report } = instrument(bytes, options);
    return { bytes: out as Uint8Array<ArrayBuffer>, startFuel: report.startFuel };
  },
  refusal: (error) => error instanceof InstrumentError,
  counter: new WebAssembly.Global({ value: "i64", mutable: true }, 0n),
});

const all = scripts();
test.skipIf(all !== null)(
  "the specification's tests are skipped: spec/spec.tar.gz is missing (CAPSULE_SHARED or ../shared)",
  () => {},
);

for (const script of all ?? []) {
  test(script.name, () => {
    const before = run(script, bare);
    // A newer V8 may pass more; what it no longer passes must be looked at.
    const failing = before.filter(({ holds }) => !holds);
    expect(failing.length, JSON.stringify(failing.slice(0, 3), noBigint)).toBeLessThanOrEqual(
      bareFailures[script.name]?.[0] ?? 0,
    );
    const after = run(script, metered());
    if (refused.some(([prefix]) => prefix.test(script.name))) {
      // Refused, and by the typed error; what follows in the script then has no module to work on.
      expect(after.filter(({ why }) => /^error: (?!Error: no )/.test(why))).toEqual([]);
      return;
    }
    const broken = after.filter(({ line, holds, trap }, i) => {
      const plain = before[i]!;
      return plain.holds && (!holds || trap !== plain.trap) && deviations[`${script.name}:${line}`] === undefined;
    });
    expect(broken.map(({ line, type, why, trap }) => `${script.name}:${line} ${type}: ${why || trap}`)).toEqual([]);

    // What it costs: by the oracle's count, wherever the run came to its end.
    const wrong = runOnOracle(script).flatMap(({ line, type, ended, holds, consumed }, i) => {
      const metered = after[i]!;
      const complete = /^(module|module_instance|action|assert_return)$/.test(type) && ended === "returned";
      if (!metered.holds || !(complete || (type === "assert_exception" && ended === "exception"))) return [];
      if (type === "assert_return" && !holds) return [`${script.name}:${line}: the oracle fails it`];
      return consumed === metered.consumed
        ? []
        : [`${script.name}:${line} ${type}: fuel ${metered.consumed}, the oracle ${consumed}`];
    });
    expect(wrong).toEqual([]);
  });
}

function noBigint(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
