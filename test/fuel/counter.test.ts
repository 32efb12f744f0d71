/**
 * Job: what hosts do with the counter: read and refill it at host calls, share it between modules, set it before the start
 * function runs. Never: look into metered code.
 */
import { instrument } from "@capsule-run/instrument";
import { parseText } from "@capsule-run/instrument/text";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compare } from "../fuzz/compare.ts";
import { generate } from "../fuzz/generate.ts";
import { decode } from "../oracle/decode.ts";
import { instantiate as interpret } from "../oracle/instantiate.ts";
import { invoke } from "../oracle/interpret.ts";
import type { Callee, Meter } from "../oracle/store.ts";

const counterOf = (value: bigint) => new WebAssembly.Global({ value: "i64", mutable: true }, value);
const compile = ({ bytes }: { bytes: Uint8Array }) => new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);

const endless = `(module
  (import "h" "tick" (func $tick))
  (func (export "run") (param $n i32)
    (loop (call $tick) (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;

test("a host function may refill the counter, as often as it likes", async () => {
  const module = compile(instrument(await parseText(endless)));
  const counter = counterOf(10n);
  let ticks = 0;
  const tick = () => {
    ticks += 1;
    // consumed when seen: 1 (entry) + 1 (call) at first, 7 for each iteration since
    expect(counter.value).toBeGreaterThan(0n);
    counter.value = 10n;
  };
  const { run } = new WebAssembly.Instance(module, { h: { tick }, capsule: { fuel: counter } }).exports;
  (run as (n: number) => void)(1000);
  expect(ticks).toBe(1000);
  // The last iteration after its call: local.get, const, sub, tee, br_if.
  expect(counter.value).toBe(5n);
});

test("a counter that the host lowers ends the run", async () => {
  const module = compile(instrument(await parseText(endless)));
  const counter = counterOf(1_000_000n);
  let ticks = 0;
  const tick = () => {
    ticks += 1;
    if (ticks === 7) counter.value = 3n;
  };
  const { run } = new WebAssembly.Instance(module, { h: { tick }, capsule: { fuel: counter } }).exports;
  expect(() => (run as (n: number) => void)(1000)).toThrow(WebAssembly.RuntimeError);
  expect(ticks).toBe(7);
  expect(counter.value).toBeLessThanOrEqual(0n);
});

test("a re-entrant call and its caller share one counter", async () => {
  const text = `(module
    (import "h" "again" (func $again (param i32)))
    (func (export "run") (param $n i32)
      (local $i i32)
      (if (local.get $n) (then (call $again (i32.sub (local.get $n) (i32.const 1)))))
      (loop (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))))`;
  const module = compile(instrument(await parseText(text)));
  const counter = counterOf(1_000_000n);
  let run: (n: number) => void = () => {};
  const instance = new WebAssembly.Instance(module, {
    h: { again: (n: number) => run(n) },
    capsule: { fuel: counter },
  });
  run = instance.exports["run"] as typeof run;
  run(9);
  // Entry, local.get, if, and 7 operators for each of 20 iterations; local.get, const, sub and call except in the last.
  expect(1_000_000n - counter.value).toBe(BigInt(10 * (1 + 2 + 140) + 9 * 4));
});

test("modules that share a counter consume the sum", async () => {
  const library = await parseText(`(module
    (memory (export "memory") 1)
    (global $calls (mut i32) (i32.const 0))
    (func $start (global.set $calls (i32.const 1)))
    (start $start)
    (func (export "fill") (param $n i32)
      (memory.fill (i32.const 0) (i32.const 7) (local.get $n)))
    (func (export "spin") (param $n i32) (result i32)
      (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (global.get $calls)))`);
  const program = await parseText(`(module
    (import "lib" "fill" (func $fill (param i32)))
    (import "lib" "spin" (func $spin (param i32) (result i32)))
    (func (export "run") (param $n i32) (result i32)
      (local $sum i32)
      (loop
        (call $fill (local.get $n))
        (local.set $sum (i32.add (local.get $sum) (call $spin (i32.const 5))))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum)))`);

  const meter: Meter = { consumed: 0, steps: 1_000_000 };
  const refuse = () => {
    throw new Error("no imports");
  };
  const below = interpret(decode(library), meter, refuse);
  const above = interpret(decode(program), meter, (entry) => below.exports.get(entry.name)!);
  const wanted = invoke(above.exports.get("run")!.entity as Callee, [25]);

  const total = 1_000_000n;
  const counter = counterOf(total);
  const parts = [instrument(library), instrument(program)];
  for (const { report } of parts) counter.value -= report.startFuel;
  const [lower, upper] = parts.map(compile);
  const lib = new WebAssembly.Instance(lower!, { capsule: { fuel: counter } }).exports;
  const { run } = new WebAssembly.Instance(upper!, { lib, capsule: { fuel: counter } }).exports;
  expect([(run as (n: number) => number)(25)]).toEqual(wanted);
  expect(total - counter.value).toBe(BigInt(meter.consumed));
});

test("the start function runs under the budget", async () => {
  const text = `(module (func $f (local i32)
    (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100)))))
    (start $f))`;
  const made = instrument(await parseText(text));
  // 1 for the start-up, 1 for the call, 1 for the entry, 7 for each of 100 iterations.
  expect(made.report.startFuel).toBe(2n);
  const run = (budget: bigint) => {
    const counter = counterOf(budget - made.report.startFuel);
    new WebAssembly.Instance(compile(made), { capsule: { fuel: counter } });
    return counter.value;
  };
  expect(run(704n)).toBe(1n);
  expect(() => run(400n)).toThrow(WebAssembly.RuntimeError);
});

test("an exported counter begins with its budget, less the start-up", async () => {
  const bytes = await parseText(`(module (func $f (nop)) (start $f))`);
  const made = instrument(bytes, { global: "export", fuel: 1000n });
  const { exports } = new WebAssembly.Instance(compile(made));
  expect((exports["capsule:fuel"] as WebAssembly.Global<"i64">).value).toBe(997n);
  expect(Object.keys(exports)).toEqual(["capsule:fuel"]);
});

test("any budget for any generated module (property)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000_000, max: 2_000_000 }), (seed) => {
      expect(compare(generate(seed), { forms: ["import"], argumentCount: 1 })).toEqual([]);
    }),
    { seed: 20261121, numRuns: 150 },
  );
}, 120_000);
