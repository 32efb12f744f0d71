/** Job: Binaryen's optimiser before metering: the same results for less fuel, at the levels that it has. Never: test Binaryen. */
import { InstrumentError, instrument } from "@capsule-run/instrument";
import { optimize } from "@capsule-run/instrument/binaryen";
import { parseText } from "@capsule-run/instrument/text";
import { expect, test } from "vitest";

const source = `(module (func (export "f") (param $n i32) (result i32)
  i32.const 20  i32.const 22  i32.add  local.get $n  i32.const 0  i32.mul  i32.add))`;

function run(bytes: Uint8Array): { value: number; consumed: bigint } {
  const module = new WebAssembly.Module(instrument(bytes).bytes as Uint8Array<ArrayBuffer>);
  const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 1000n);
  const { exports } = new WebAssembly.Instance(module, { capsule: { fuel } });
  return { value: (exports.f as (n: number) => number)(7), consumed: 1000n - fuel.value };
}

test.each([1, 2, 3, 4, "s", "z"] as const)("level %s computes the same for less fuel", async (level) => {
  const before = run(await parseText(source));
  const after = run(await optimize(await parseText(source), { level }));
  expect(before).toEqual({ value: 42, consumed: 8n });
  expect(after).toEqual({ value: 42, consumed: 2n });
});

test("a level that is none, and bytes that are none, are named", async () => {
  await expect(optimize(await parseText(source), { level: 7 as 1 })).rejects.toThrow(
    /level is 7; use 1, 2, 3, 4, "s" or "z"/,
  );
  await expect(optimize(Uint8Array.of(1, 2, 3))).rejects.toBeInstanceOf(InstrumentError);
});
