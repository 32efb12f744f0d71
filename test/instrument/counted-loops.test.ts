/**
 * Job: loops that are paid ahead cost what their turns cost, for every comparison, step, start and bound, also where
 * values wrap around; and stop for every budget that does not suffice.
 * Never: look at the bytes.
 */
import { describe, expect, test } from "vitest";
import { instantiate, meter } from "./support.ts";

const comparisons = {
  ne: (a: number, b: number) => a !== b,
  lt_s: (a: number, b: number) => a < b,
  lt_u: (a: number, b: number) => a >>> 0 < b >>> 0,
  gt_s: (a: number, b: number) => a > b,
  gt_u: (a: number, b: number) => a >>> 0 > b >>> 0,
  le_s: (a: number, b: number) => a <= b,
  le_u: (a: number, b: number) => a >>> 0 <= b >>> 0,
  ge_s: (a: number, b: number) => a >= b,
  ge_u: (a: number, b: number) => a >>> 0 >= b >>> 0,
} as const;
const steps = [1, -1, 2, -2, 3, -3, 8, -8, 7, 1_000_003, -65_536];
const values = [0, 1, 2, 5, 24, 100, -1, -2, -24, 0x7fffffff, 0x7ffffff0, -0x80000000, -0x7ffffff8];
const patience = 2000;

/** Each shape compares another value of the same turn: the new one, the old one, the new one by way of a copy. */
const shapes = {
  "the new value": (step: number, comparison: string) => `
    (br_if $turn (i32.${comparison} (local.tee $i (i32.add (local.get $i) (i32.const ${step}))) (local.get $bound)))`,
  "the old value": (step: number, comparison: string) => `
    (local.set $old (local.get $i))
    (local.set $i (i32.add (local.get $i) (i32.const ${step})))
    (br_if $turn (i32.${comparison} (local.get $old) (local.get $bound)))`,
  "mirrored, by a copy": (step: number, comparison: string) => `
    (local.set $i (local.tee $copy (i32.sub (local.get $i) (i32.const ${-step}))))
    (br_if $turn (i32.${mirror(comparison)} (local.get $bound) (local.get $copy)))`,
} as const;
const turnCost = { "the new value": 4 + 7, "the old value": 4 + 2 + 4 + 4, "mirrored, by a copy": 4 + 5 + 4 } as const;

const mirror = (comparison: string) => comparison.replace(/^[lg]/, (letter) => (letter === "l" ? "g" : "l"));

describe.each(Object.keys(shapes) as (keyof typeof shapes)[])("a loop that compares %s", (shape) => {
  test.each(Object.keys(comparisons) as (keyof typeof comparisons)[])("goes on while %s", async (comparison) => {
    for (const step of steps) {
      const metered = await meter(`(module
        (func (export "run") (param $i i32) (param $bound i32) (result i32) (local $turns i32) (local $old i32) (local $copy i32)
          (loop $turn
            (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
            ${shapes[shape](step, comparison)})
          (local.get $turns)))`);
      const countable = comparison === "ne" || comparison.startsWith("l") === step > 0;
      // One lowering for what is around the loop; two, or one for each unrolled turn, for the loop.
      expect(metered.report, `${comparison} by ${step}`).toMatchObject(
        countable ? { checks: 2, decrements: 3 } : { checks: 1, decrements: 5 },
      );
      const { call } = instantiate(metered);
      for (const start of values)
        for (const bound of values) {
          const turns = simulate(start, bound, step, comparison, shape === "the old value");
          const what = `${start} ${comparison} ${bound} by ${step}`;
          if (turns === null) {
            const ended = call("run", [start, bound], 500n);
            expect(ended.trap, what).not.toBeNull();
            expect(ended.left, what).toBeLessThanOrEqual(0n);
            continue;
          }
          const cost = BigInt(1 + turns * turnCost[shape] + 1);
          expect(call("run", [start, bound], cost + 1n), what).toMatchObject({ value: turns, left: 1n });
          for (const budget of [cost, cost - 1n, cost / 2n]) {
            if (budget < 1n) continue;
            expect(call("run", [start, bound], budget).left, `${what}, budget ${budget}`).toBeLessThanOrEqual(0n);
          }
        }
    }
  });
});

/** How often the loop turns; null: more often than anyone waits for. */
function simulate(
  start: number,
  bound: number,
  step: number,
  comparison: keyof typeof comparisons,
  old: boolean,
): number | null {
  let i = start;
  for (let turns = 1; turns <= patience; turns++) {
    const before = i;
    i = (i + step) | 0;
    if (!comparisons[comparison](old ? before : i, bound)) return turns;
  }
  return null;
}

test("a loop that is counted is paid ahead, and turn by turn in its slow copy", async () => {
  const { report } = await meter(`(module (func (param $n i32)
    (loop $turn (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
  expect(report).toMatchObject({ checks: 2, decrements: 3 });
});

test("a budget near 2^63 neither wraps nor stops a loop", async () => {
  const metered = await meter(`(module (func (export "run") (param $n i32)
    (loop $turn (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
  const budget = (1n << 63n) - 1n;
  expect(instantiate(metered).call("run", [1000], budget)).toMatchObject({ trap: null, used: 5001n });
});

test("2^32 turns that cannot be paid end at once", async () => {
  const metered = await meter(`(module (func (export "run") (param $n i32)
    (loop $turn (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
  expect(instantiate(metered).call("run", [0], 100n)).toMatchObject({ trap: "unreachable", left: 0n });
});
