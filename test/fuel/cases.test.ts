/**
 * Job: hold the metered module and the oracle against Wasmtime's fuel on small cases: those of its own tests/all/fuel.wast
 * (36, Apache-2.0 WITH LLVM-exception, put into our words) and more. Adding a case = adding a `.wat` and running
 * tools/wasmtime-cases.py.
 * Never: run Wasmtime.
 */
import { readFileSync } from "node:fs";
import { instrument } from "@capsule-run/instrument";
import { describe, expect, test } from "vitest";
import { decode } from "../oracle/decode.ts";
import { runOracle } from "../oracle/run.ts";
import { instantiate, metered } from "../support/run.ts";
import { deviations } from "./deviations.ts";

interface Case {
  readonly fuel: number;
  readonly trap: string | null;
  readonly wasm: string;
}
const stored = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as {
  readonly wasmtime: string;
  readonly cases: Readonly<Record<string, Case>>;
};

describe(`Wasmtime ${stored.wasmtime}`, () => {
  for (const [name, { fuel, trap, wasm }] of Object.entries(stored.cases)) {
    const wanted = deviations[name]?.[0] ?? fuel;
    test(`${name} costs ${wanted}${wanted === fuel ? "" : ` (Wasmtime: ${fuel})`}`, () => {
      const bytes = Uint8Array.from(Buffer.from(wasm, "base64"));
      const module = decode(bytes);
      const oracle = runOracle(module).start;
      expect([oracle.kind, oracle.consumed]).toEqual([trap === null ? "returned" : "trap", wanted]);
      const made = instrument(bytes, { features: { gc: true } });
      const { start } = instantiate(module, metered("import", made), 1_000_000n);
      expect([start.kind, start.consumed]).toEqual([trap === null ? "returned" : "trap", BigInt(wanted)]);
      if (wanted > 0)
        expect(instantiate(module, metered("import", made), BigInt(wanted)).start.kind).toMatch(
          trap === null ? /^out_of_fuel$/ : /./,
        );
    });
  }
});
