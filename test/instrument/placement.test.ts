/**
 * Job: charges and checks are where SPEC.md allows them and no more of them than needed; what the meter leaves alone is
 * left alone.
 * Never: compare with another engine (test/oracle, test/corpus do).
 */
import { instrument } from "@capsule-run/instrument";
import { parseText, printText } from "@capsule-run/instrument/text";
import { describe, expect, test } from "vitest";
import { instantiate, meter } from "./support.ts";

const printed = async (wat: string) => printText(instrument(await parseText(wat)).bytes);

describe("checks", () => {
  test("a leaf without loops has none, because it ends by itself", async () => {
    const { report } = await meter(`(module (func (export "f") (param i32) (result i32)
      (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2) (i32.const 3) (drop)))))`);
    expect(report).toMatchObject({ checks: 0 });
  });

  test("no host function is called once the budget is used up", async () => {
    const metered = await meter(`(module (import "m" "host" (func $host))
      (func (export "f") (drop (i32.const 1)) (call $host) (drop (i32.const 2)) (call $host)))`);
    const seen: bigint[] = [];
    const { call } = instantiate(metered, (fuel) => ({ m: { host: () => void seen.push(fuel.value) } }));
    // Entry, constant, call: 3; then constant, call: 5.
    for (const [budget, calls] of [
      [6n, [3n, 1n]],
      [5n, [2n]],
      [4n, [1n]],
      [3n, []],
    ] as const) {
      seen.length = 0;
      call("f", [], budget);
      expect(seen, `budget ${budget}`).toEqual(calls);
    }
  });

  test("a host function in a table is not called either", async () => {
    const metered = await meter(`(module (import "m" "host" (func $host)) (table funcref (elem $host))
      (func (export "f") (call_indirect (i32.const 0))))`);
    let calls = 0;
    const { call } = instantiate(metered, () => ({ m: { host: () => void calls++ } }));
    expect(call("f", [], 3n)).toMatchObject({ trap: "unreachable", left: 0n });
    expect(calls).toBe(0);
    expect(call("f", [], 4n)).toMatchObject({ trap: null, left: 1n });
    expect(calls).toBe(1);
  });

  test("a way without loops is cut where it grows long", async () => {
    const { report } = await meter(
      `(module (func (export "f") ${"(drop (i32.const 1)) (br_if 0 (i32.const 0))".repeat(9000)}))`,
    );
    expect(report.checks).toBe(1);
  });

  test("with an exported counter the module stops itself when it returns, by a tail call too", async () => {
    const wat = `(module (func $leaf (export "leaf") (result i32) (i32.const 7))
      (func (export "plain") (result i32) (call $leaf)) (func (export "tail") (result i32) (return_call $leaf)))`;
    for (const name of ["plain", "tail", "leaf"]) {
      const cost = name === "leaf" ? 2n : 4n;
      for (const [fuel, trap] of [
        [cost + 1n, false],
        [cost, true],
      ] as const) {
        const { module } = await meter(wat, { global: "export", fuel });
        const { exports } = new WebAssembly.Instance(module);
        const run = exports[name] as () => number;
        if (trap) expect(run, `${name} with ${fuel}`).toThrow("unreachable");
        else expect(run(), `${name} with ${fuel}`).toBe(7);
      }
    }
  });
});

describe("functions that their callers pay for", () => {
  test("are left byte for byte as they are", async () => {
    const text = await printed(`(module (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "f") (result i32) (call $leaf (call $leaf (i32.const 1)))))`);
    expect(text).toContain(
      "(func $leaf (type 0) (param i32) (result i32)\n    local.get 0\n    i32.const 1\n    i32.add)",
    );
  });

  test("are metered where the host calls them, and copied for their callers", async () => {
    const metered =
      await meter(`(module (func $leaf (export "leaf") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "f") (result i32) (call $leaf (call $leaf (i32.const 1)))))`);
    const { call } = instantiate(metered);
    expect(call("leaf", [1])).toMatchObject({ value: 2, used: 4n });
    expect(call("f")).toMatchObject({ value: 3, used: 1n + 1n + 1n + 4n + 1n + 4n });
  });

  test("cost at most 1,000, so that doubling in every function does not explode", async () => {
    const functions = Array.from(
      { length: 40 },
      (_, i) => `(func $f${i} ${i === 0 ? "" : `(call $f${i - 1}) (call $f${i - 1})`})`,
    );
    const { report } = await meter(`(module ${functions.join("\n")} (func (export "run") (call $f39)))`);
    expect(report.checks).toBeGreaterThan(0);
  });
});

describe("functions that get the remainder as a parameter", () => {
  const recursive = `(func $down (param $n i32) (result i32) (local $kept i32)
      (local.set $kept (local.get $n))
      (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
      (i32.add (call $down (i32.sub (local.get $n) (i32.const 1))) (local.get $kept)))`;

  test("keep their results, their locals and their price", async () => {
    const { call } = instantiate(
      await meter(`(module ${recursive} (func (export "f") (param i32) (result i32) (call $down (local.get 0))))`),
    );
    expect(call("f", [0])).toMatchObject({ value: 0, used: 3n + 1n + 2n + 3n + 1n });
    expect(call("f", [100])).toMatchObject({ value: 5050, used: 10n + 100n * 12n });
  });

  test("store the exact remainder before they call the host or throw", async () => {
    const metered = await meter(`(module (import "m" "host" (func $host)) (tag $e)
      (func $inner (call $host) (throw $e))
      (func (export "f") (result i32)
        (block $caught (try_table (catch_all $caught) (call $inner))) (i32.const 5)))`);
    let seen = 0n;
    const { call } = instantiate(metered, (fuel) => ({
      m: {
        host: () => {
          seen = fuel.value;
        },
      },
    }));
    // f: entry, try_table, call; inner: entry, call, throw; f: constant.
    expect(call("f", [], 100n)).toMatchObject({ value: 5, used: 7n });
    expect(seen).toBe(95n);
  });

  test("stay valid where dead code calls or returns", async () => {
    const { call } = instantiate(
      await meter(`(module
        (func $inner (param i32) (result i32)
          (if (local.get 0) (then (return (i32.const 4)) (i32.const 5) (return)))
          (loop $l (br_if $l (i32.const 0)))
          (unreachable) (i32.const 1) (call $inner (i32.const 2)) (drop) (return))
        (func (export "f") (param i32) (result i32) (call $inner (local.get 0))))`),
    );
    expect(call("f", [1])).toMatchObject({ value: 4 });
  });
});

test("a loop with a catch clause that leads out of it stays valid", async () => {
  const { call } = instantiate(
    await meter(`(module (tag $e) (func (export "f") (param $n i32) (result i32)
      (block $out (loop $turn
        (try_table (catch_all $out) (nop))
        (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (local.get $n)))`),
  );
  expect(call("f", [10])).toMatchObject({ value: 0, used: 1n + 60n + 1n });
});

test("names follow the locals and globals that move", async () => {
  const text = await printText(
    instrument(
      await parseText(`(module (global $mine (mut i32) (i32.const 0))
        (func $inner (param $p i32) (local $own i64) (local.set $own (i64.const 1)) (loop $l (br_if $l (global.get $mine))))
        (func (export "f") (call $inner (i32.const 1))))`),
    ).bytes,
  );
  expect(text).toContain("global.get $mine");
  expect(text).toContain("local.set $own");
});

test("copies have the names of their originals", async () => {
  const text = await printText(
    instrument(
      await parseText(`(module (func $leaf (export "leaf") (result i32) (i32.const 1))
        (func (export "f") (result i32) (call $leaf)))`),
    ).bytes,
  );
  expect(text).toMatch(/\(func \$leaf \(type 0\).*\(func \$leaf/s);
});
