/**
 * Job: count the turns of loops that look counted, systematically: every comparison × step × shape, started and bounded
 * near the edges of 32 bits. A mistake in what is paid ahead shows as fuel, as a wrong end, or as a run that never ends.
 * Never: leave the shapes to chance (fuzz.test.ts does).
 */
import { instrument } from "@capsule-run/instrument";
import { expect, test } from "vitest";
import { decode } from "../oracle/decode.ts";
import { runOracle } from "../oracle/run.ts";
import { code, functionType, module, name, s, section, type, u, vector } from "../support/encode.ts";
import { guarded } from "../support/guard.ts";
import { instantiate, metered } from "../support/run.ts";
import { plenty, wrong } from "./compare.ts";
import { Random } from "./random.ts";

const steps = [1, -1, 2, -2, 3, -3, 4, -7, 16, 0x40000000, -0x80000000, 0];
const edges = [
  0,
  1,
  -1,
  5,
  100,
  0x7fffffff,
  0x7ffffffe,
  0x7fffffff - 20,
  -0x80000000,
  -0x80000000 + 1,
  -0x80000000 + 20,
];
const deltas = [0, 1, 2, 3, 4, 7, 8, 20, 61, -1, -2, -3, -7, -20, -61];

// Locals: 0 the variable, 1 the bound, 2 a copy.
const v = [0x20, 0];
const bound = [0x20, 1];
const add = 0x6a;
const sub = 0x6b;
const constant = (value: number) => [0x41, ...s(value | 0)];
const grow = (step: number) => [...v, ...constant(step), add];

/** A turn without its `br_if`, for a step and a comparison (an opcode); the condition is left on the stack. */
const shapes: Readonly<Record<string, (step: number, compare: number) => readonly number[]>> = {
  "tested after the step": (step, compare) => [...grow(step), 0x22, 0, ...bound, compare],
  "set, then tested": (step, compare) => [...grow(step), 0x21, 0, ...v, ...bound, compare],
  "bound first": (step, compare) => [...grow(step), 0x21, 0, ...bound, ...v, compare],
  "tested before the step": (step, compare) => [...v, 0x21, 2, ...grow(step), 0x21, 0, 0x20, 2, ...bound, compare],
  "tested before the step, on the stack": (step, compare) => [...v, ...bound, compare, ...grow(step), 0x21, 0],
  "stepped by subtraction": (step, compare) => [...v, ...constant(-step), sub, 0x22, 0, ...bound, compare],
  "constant first": (step, compare) => [...constant(step), ...v, add, 0x22, 0, ...bound, compare],
  "stepped twice": (step, compare) => [...grow(1), 0x21, 0, ...grow(step - 1), 0x22, 0, ...bound, compare],
  "stepped through a copy": (step, compare) => [
    ...v,
    0x22,
    2,
    ...constant(step),
    add,
    0x21,
    0,
    ...v,
    ...bound,
    compare,
  ],
  "a sum tested": (step, compare) => [...grow(step), 0x22, 0, ...constant(3), add, ...bound, compare],
  "against a sum": (step, compare) => [...grow(step), 0x22, 0, ...bound, ...constant(-5), add, compare],
  "bound moves": (step, compare) => [...bound, ...constant(1), sub, 0x21, 1, ...grow(step), 0x22, 0, ...bound, compare],
  "bound is the variable's copy": (step, compare) => [...grow(step), 0x22, 0, 0x22, 2, ...bound, compare],
  "bound set to itself": (step, compare) => [...bound, 0x21, 1, ...grow(step), 0x22, 0, ...bound, compare],
  "until zero": (step) => [...grow(step), 0x22, 0],
  "until not zero": (step) => [...grow(step), 0x22, 0, 0x45],
  "against the highest": (step, compare) => [...grow(step), 0x22, 0, ...constant(0x7fffffff), compare],
  "against the lowest": (step, compare) => [...grow(step), 0x22, 0, ...constant(-0x80000000), compare],
  "against almost the highest": (step, compare) => [...grow(step), 0x22, 0, ...constant(0x7ffffffd), compare],
  "against minus one": (step, compare) => [...grow(step), 0x22, 0, ...constant(-1), compare],
  "variable from the result of a test": (step, compare) => [
    ...grow(step),
    0x21,
    0,
    ...v,
    ...bound,
    0x48,
    0x1a,
    ...v,
    ...bound,
    compare,
  ],
};
const comparisons = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];

function build(turns: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return module([
    section(1, vector([functionType([type.i32, type.i32], [type.i32])])),
    section(3, vector(turns.map(() => [0]))),
    section(7, vector(turns.map((_, i) => [...name(`f${i}`), 0, ...u(i)]))),
    section(10, vector(turns.map((turn) => code([[1, type.i32]], [0x03, 0x40, ...turn, 0x0d, 0, 0x0b, ...v])))),
  ]);
}

test.each(Object.entries(shapes))("%s", (shape, turn) => {
  const random = new Random(shape.length);
  const all = steps.flatMap((step) =>
    comparisons.map((comparison, i) => ({ step, comparison, turn: turn(step, 0x46 + i) })),
  );
  const bytes = build(all.map(({ turn }) => turn));
  const decoded = decode(bytes);
  const oracle = runOracle(decoded, 1500);
  const live = instantiate(decoded, metered("import", instrument(bytes)), plenty);
  const failures: string[] = [];
  const tryOne = (i: number) => {
    const { step, comparison } = all[i]!;
    for (let n = 0; n < 24; n++) {
      const start = random.pick(edges);
      const limit = (start + random.pick(deltas)) | 0;
      const full = oracle.call(`f${i}`, [start, limit]);
      const cost = BigInt(full.consumed);
      for (const budget of full.kind === "endless" ? [cost, cost - 7n] : [plenty, cost + 1n, cost, cost - 1n]) {
        const got = live.call(`f${i}`, [start, limit], budget);
        const what = wrong(decoded, full, got, budget, ["i32"]);
        if (what !== "")
          failures.push(`step ${step} ${comparison} from ${start} to ${limit}, budget ${budget}: ${what}`);
      }
    }
  };
  guarded(() => {
    for (const i of all.keys()) tryOne(i);
  }, 60_000);
  expect(failures.slice(0, 10)).toEqual([]);
});
