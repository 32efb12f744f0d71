/** Job: every way to run for ever ends under a budget, and so does what merely costs too much. Never: wait for it (the guard does). */
import { instrument } from "@capsule-run/instrument";
import { expect, test } from "vitest";
import { code, functionType, module, name, section, type, u, vector } from "../support/encode.ts";
import { guarded } from "../support/guard.ts";

const nothing = functionType([], []);

interface Program {
  readonly bodies: readonly (readonly number[])[];
  readonly locals?: readonly (readonly [number, number])[];
}

/** Function 0 runs. All are in a table; there is a tag without values, a memory, and a table to grow. */
function build({ bodies, locals = [[2, type.i32]] }: Program): Uint8Array<ArrayBuffer> {
  const indices = bodies.map((_, i) => u(i));
  return module([
    section(1, vector([nothing])),
    section(3, vector(bodies.map(() => [0]))),
    section(4, vector([[0x70, 1, ...u(bodies.length), ...u(bodies.length)]])),
    section(5, vector([[1, 1, 2]])),
    section(13, vector([[0, 0]])),
    section(7, vector([[...name("run"), 0, 0]])),
    section(9, vector([[0, 0x41, 0, 0x0b, ...vector(indices)]])),
    section(10, vector(bodies.map((body) => code(locals, body)))),
  ]);
}

const loop = (body: readonly number[]) => [0x03, 0x40, ...body, 0x0b];
const one = [0x41, 1];
const programs: Readonly<Record<string, Program>> = {
  "an empty loop": { bodies: [loop([0x0c, 0])] },
  "a loop on a constant": { bodies: [loop([...one, 0x0d, 0])] },
  "a loop on br_table": { bodies: [loop([...one, 0x0e, 1, 0, 0])] },
  "a loop that goes on in an if": { bodies: [loop([...one, 0x04, 0x40, 0x0c, 1, 0x0b])] },
  "a loop that goes on in an else": { bodies: [loop([0x41, 0, 0x04, 0x40, 0x05, 0x0c, 1, 0x0b])] },
  "a loop that goes on where a reference is null": { bodies: [loop([0xd0, 0x70, 0xd5, 0, 0x1a])] },
  "a loop that goes on where a reference is not null": {
    // (block (result funcref)) is left by the branch to the block, then back
    bodies: [loop([0x02, 0x64, 0x70, 0xd2, 0, 0xd6, 0, 0x0f, 0x0b, 0x1a, 0x0c, 0])],
  },
  "a loop within a loop": { bodies: [loop([...loop([0x41, 0, 0x0d, 0]), 0x0c, 0])] },
  "two loops that share a head": { bodies: [[0x03, 0x40, 0x03, 0x40, ...one, 0x0d, 1, 0x0c, 0, 0x0b, 0x0b]] },
  "a counter that never reaches its bound": {
    bodies: [loop([0x20, 0, 0x41, 2, 0x6a, 0x22, 0, ...one, 0x47, 0x0d, 0])],
  },
  "a counter that stands still": { bodies: [loop([0x20, 0, 0x41, 0, 0x6a, 0x22, 0, 0x41, 5, 0x48, 0x0d, 0])] },
  "a counter compared with itself": { bodies: [loop([0x20, 0, ...one, 0x6a, 0x22, 0, 0x20, 0, 0x46, 0x0d, 0])] },
  "a counter whose bound runs away": {
    bodies: [loop([0x20, 1, ...one, 0x6a, 0x21, 1, 0x20, 0, ...one, 0x6a, 0x22, 0, 0x20, 1, 0x4c, 0x0d, 0])],
  },
  "nobody calls, all tail call": {
    bodies: [
      [0x12, 1],
      [0x12, 0],
    ],
  },
  "a tail call through the table": {
    bodies: [
      [...one, 0x13, 0, 0],
      [0x41, 0, 0x13, 0, 0],
    ],
  },
  "a tail call by reference": {
    bodies: [
      [0xd2, 1, 0x15, 0],
      [0xd2, 0, 0x15, 0],
    ],
  },
  "calls in a loop": { bodies: [loop([0x10, 1, 0x0c, 0]), []] },
  "calls in a loop, through the table": { bodies: [loop([...one, 0x11, 0, 0, 0x0c, 0]), []] },
  "an exception caught by the loop": { bodies: [loop([0x1f, 0x40, 1, 2, 0, 0x08, 0, 0x0b])] },
  "an exception of a callee caught by the loop": { bodies: [loop([0x1f, 0x40, 1, 0, 0, 0, 0x10, 1, 0x0b]), [0x08, 0]] },
  "an exception thrown again and again": {
    // loop (block (result exnref) (try_table (catch_all_ref 0) throw)) (try_table (catch_all 1) throw_ref)
    bodies: [
      loop([
        0x02, 0x69, 0x1f, 0x40, 1, 3, 0, 0x08, 0, 0x0b, 0x00, 0x0b, 0x21, 2, 0x1f, 0x40, 1, 2, 0, 0x20, 2, 0x0a, 0x0b,
      ]),
    ],
    locals: [
      [2, type.i32],
      [1, 0x69],
    ],
  },
  "a legacy exception caught in the loop": { bodies: [loop([0x06, 0x40, 0x08, 0, 0x19, 0x0c, 1, 0x0b])] },
  "memory that cannot grow": { bodies: [loop([...one, 0x40, 0, 0x1a, 0x0c, 0])] },
  "a table that cannot grow": { bodies: [loop([0xd0, 0x70, ...one, 0xfc, 15, 0, 0x1a, 0x0c, 0])] },
  "fills of nothing": { bodies: [loop([0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0, 0x0c, 0])] },
  "each of 60 functions calls the next twice": {
    bodies: Array.from({ length: 60 }, (_, i) => (i < 59 ? [0x10, ...u(i + 1), 0x10, ...u(i + 1)] : [])),
  },
  "each of 30 loops runs the next ten times": {
    bodies: Array.from({ length: 30 }, (_, i) =>
      i < 29 ? loop([0x10, ...u(i + 1), 0x20, 0, ...one, 0x6a, 0x22, 0, 0x41, 10, 0x48, 0x0d, 0]) : [],
    ),
  },
};

for (const form of ["import", "export"] as const)
  test.each(Object.entries(programs))(`%s (${form})`, (_, program) => {
    const bytes = build(program);
    new WebAssembly.Module(bytes); // says what is wrong with the test
    const budget = 1_000_000n;
    const { bytes: metered, report } = instrument(bytes, form === "export" ? { global: form, fuel: budget } : {});
    const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, budget - report.startFuel);
    const imports = form === "export" ? {} : { capsule: { fuel } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered as Uint8Array<ArrayBuffer>), imports);
    const counter = form === "export" ? (exports["capsule:fuel"] as typeof fuel) : fuel;
    expect(() => guarded(exports["run"] as () => void)).toThrow(WebAssembly.RuntimeError);
    expect(counter.value).toBeLessThanOrEqual(0n);
  });
