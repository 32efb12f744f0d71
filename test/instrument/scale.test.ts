/**
 * Job: large modules are metered in time and memory that grow with their size: anything quadratic would run into the
 * time limit of the test runner by far.
 * Never: measure (bench/instrument does).
 */
import { instrument } from "@capsule-run/instrument";
import { expect, test } from "vitest";

const section = (id: number, content: readonly number[]) => [id, ...leb(content.length), ...content];
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest);
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

/** A module of functions [] → [] with the given bodies, without locals. */
function moduleOf(bodies: readonly (readonly number[])[]): Uint8Array {
  const code = [...leb(bodies.length)];
  for (const body of bodies) {
    for (const byte of leb(body.length + 2)) code.push(byte);
    code.push(0);
    for (const byte of body) code.push(byte);
    code.push(0x0b);
  }
  const functions = [...leb(bodies.length), ...new Array<number>(bodies.length).fill(0)];
  const parts = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, [1, 0x60, 0, 0]),
    [3, ...leb(functions.length)],
    functions,
    [10, ...leb(code.length)],
    code,
  ];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const repeat = (times: number, bytes: (index: number) => readonly number[]): number[] => {
  const all: number[] = [];
  for (let i = 0; i < times; i++) for (const byte of bytes(i)) all.push(byte);
  return all;
};

const cases: Record<string, () => Uint8Array> = {
  "100,000 functions, each calling the next": () =>
    moduleOf(Array.from({ length: 100_000 }, (_, i) => (i < 99_999 ? [0x10, ...leb(i + 1)] : []))),
  "100,000 functions, each calling the one before, with a loop": () =>
    moduleOf(
      Array.from({ length: 100_000 }, (_, i) => [
        0x03,
        0x40,
        ...(i > 0 ? [0x10, ...leb(i - 1)] : []),
        0x41,
        0,
        0x0d,
        0,
        0x0b,
      ]),
    ),
  "one function of a million operators in a line": () => moduleOf([repeat(500_000, () => [0x41, 1, 0x1a])]),
  "one function of 150,000 branches out of one block": () =>
    moduleOf([
      [0x02, 0x40].concat(
        repeat(150_000, () => [0x41, 0, 0x0d, 0]),
        [0x0b],
      ),
    ]),
  "one function of 100,000 nested blocks": () =>
    moduleOf([repeat(100_000, () => [0x02, 0x40]).concat(repeat(100_000, () => [0x41, 0, 0x0d, 0, 0x0b]))]),
  "one function of 130,000 loops, unrolled too large for an engine": () =>
    moduleOf([repeat(130_000, () => [0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b])]),
  "one function of 2,000 tables of 1,000 branches": () =>
    moduleOf([
      repeat(1000, () => [0x02, 0x40]).concat(
        repeat(2000, () => [0x02, 0x40, 0x41, 0, 0x0e, ...leb(999), ...repeat(1000, (i) => leb(i)), 0x0b]),
        repeat(1000, () => [0x0b]),
      ),
    ]),
};

test.each(Object.keys(cases))("%s", (name) => {
  const input = cases[name]!();
  expect(WebAssembly.validate(input as Uint8Array<ArrayBuffer>), "the case itself is valid").toBe(true);
  const { bytes, report } = instrument(input);
  expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  expect(report.decrements).toBeGreaterThan(0);
});
