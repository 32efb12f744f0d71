/** Job: prices of instantiation that were once wrong; the numbers are Wasmtime 50.0.1's, probed live. Never: explain start-up (SPEC.md does). */
import { instrument } from "@capsule-run/instrument";
import { expect, test } from "vitest";
import { module, section, u, vector } from "../support/encode.ts";

const price = (sections: readonly (readonly number[])[]) =>
  instrument(module(sections), { features: { gc: true } }).report.startFuel;
const data = (memory: number, offset: number, byte: number) => [2, memory, 0x41, ...signed(offset), 0x0b, 1, byte];
/** Offsets below 2^27, in the five bytes that any i32 fits into. */
const signed = (n: number) => [0, 7, 14, 21].map((shift) => ((n >> shift) & 0x7f) | 0x80).concat(0);

test("a memory without an image beside one that has one costs 1", () => {
  expect(
    price([
      section(
        5,
        vector([
          [0, 0],
          [0, 1],
        ]),
      ),
      section(11, vector([data(1, 5, 0x61)])),
    ]),
  ).toBe(1n);
  expect(price([section(5, vector([[0, 1]])), section(11, vector([data(0, 5, 0x61)]))])).toBe(0n);
});

test("segments too far apart for an image are run", () => {
  const memory = section(5, vector([[0, ...u(300)]]));
  expect(price([memory, section(11, vector([data(0, 0, 0x61), data(0, 16777215, 0x62)]))])).toBe(5n);
  expect(price([memory, section(11, vector([data(0, 0, 0x61), data(0, 16777214, 0x62)]))])).toBe(0n);
});

test("a table with an explicit null is filled, at its price", () => {
  expect(price([section(4, vector([[0x40, 0, 0x6f, 0, 10, 0xd0, 0x6f, 0x0b]]))])).toBe(12n);
});

test("arrays in element expressions cost their length", () => {
  const array = [0x5e, 0x7f, 0];
  // (elem (ref 0) (array.new 0 (i32.const 7) (i32.const 3)) (array.new_fixed 0 2 (i32.const 1) (i32.const 2)))
  const items = [
    [0x41, 7, 0x41, 3, 0xfb, 6, 0, 0x0b],
    [0x41, 1, 0x41, 2, 0xfb, 8, 0, 2, 0x0b],
  ];
  expect(price([section(1, vector([array])), section(9, vector([[5, 0x64, 0, ...vector(items)]]))])).toBe(10n);
});
