/**
 * Job: on code that a compiler made, the plain pass, the rewriter and Wasmtime count the same, and both meters end a run exactly when the
 * budget says.
 * Never: time anything.
 */
import { instrument } from "@capsule-run/instrument";
import { instrumentPlain } from "@capsule-run/instrument/binaryen";
import { describe, expect, test } from "vitest";
import { kernelModule, readKernels } from "../../bench/support/kernels.ts";

/** The kernels are built with the `ziglang` wheel of PyPI, once; where that cannot be had the tests are skipped, aloud. */
const kernels = (() => {
  try {
    return readKernels().map((kernel) => ({ ...kernel, bytes: kernelModule(kernel) }));
  } catch (error) {
    console.warn(`SKIPPED: the C kernels cannot be built here: ${String(error).split("\n")[0]}`);
    return null;
  }
})();

const meters = { "plain pass": instrumentPlain, rewriter: async (bytes: Uint8Array) => instrument(bytes) };

describe.skipIf(kernels === null)("kernels", () => {
  for (const [name, meter] of Object.entries(meters))
    test.each(kernels ?? [])(`$name by the ${name}`, async ({ bytes, small }) => {
      const { bytes: metered } = await meter(bytes);
      const module = new WebAssembly.Module(metered as Uint8Array<ArrayBuffer>);
      /** Runs in a fresh instance: the result, or null when it was stopped; and what is left. */
      const run = (budget: bigint): [result: number | null, left: bigint] => {
        const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, budget);
        const { exports } = new WebAssembly.Instance(module, { capsule: { fuel } });
        try {
          return [(exports.run as (n: number) => number)(small.n) >>> 0, fuel.value];
        } catch (error) {
          if (!(error instanceof WebAssembly.RuntimeError)) throw error;
          return [null, fuel.value];
        }
      };
      const cost = BigInt(small.fuel);
      expect(run(1n << 60n)).toEqual([small.result, (1n << 60n) - cost]);
      expect(run(cost + 1n)).toEqual([small.result, 1n]);
      for (const budget of [cost / 2n, 1n]) {
        const [result, left] = run(budget);
        expect(result).toBe(null);
        expect(left).toBeLessThanOrEqual(0n);
      }
      // At B = C the run may come to its end, but not with fuel left: the host, which looks, takes it as spent.
      expect(run(cost)[1]).toBeLessThanOrEqual(0n);
    });
});
