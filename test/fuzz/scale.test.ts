/**
 * Job: modules at the engine's limits and beyond what a quadratic step survives: many functions, one long function, deep
 * nesting, many locals. Never: time anything (what is quadratic in these sizes does not end within the test's limit).
 */
import { InstrumentError, instrument } from "@capsule-run/instrument";
import { expect, test } from "vitest";
import { code, functionType, module, name, section, type, u, vector } from "../support/encode.ts";

const nothing = functionType([], []);

function metered(bytes: Uint8Array<ArrayBuffer>) {
  expect(WebAssembly.validate(bytes)).toBe(true);
  const made = instrument(bytes);
  expect(WebAssembly.validate(made.bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  return made;
}

function functions(bodies: readonly (readonly number[])[], locals: readonly (readonly [number, number])[] = []) {
  const small = bodies.map((body) => code(locals, body));
  return module([
    section(1, vector([nothing])),
    section(3, vector(bodies.map(() => [0]))),
    section(7, vector([[...name("run"), 0, 0]])),
    section(10, vector(small)),
  ]);
}

test("100,000 functions that call each other", () => {
  const count = 100_000;
  const bodies = Array.from({ length: count }, (_, i) => [
    0x03,
    0x40,
    0x41,
    0,
    0x0d,
    0,
    0x0b,
    0x10,
    ...u((i * 7919 + 1) % count),
  ]);
  const { report } = metered(functions(bodies));
  expect(report.functions).toBe(count);
});

test("100,000 functions in one chain of constant cost", () => {
  const count = 100_000;
  const bodies = Array.from({ length: count }, (_, i) => (i + 1 < count ? [0x10, ...u(i + 1)] : [0x01]));
  metered(functions(bodies));
});

test("one function with a million operators in a row", () => {
  const body: number[] = [];
  for (let i = 0; i < 333_333; i++) body.push(0x41, 1, 0x1a, 0x01);
  const { report } = metered(functions([body]));
  expect(report.blocks).toBeLessThan(10);
});

test("one function with a million operators in 100,000 blocks", () => {
  const body: number[] = [];
  for (let i = 0; i < 100_000; i++) body.push(0x02, 0x40, 0x41, 0, 0x0d, 0, 0x41, 1, 0x1a, 0x01, 0x01, 0x0b);
  const { report } = metered(functions([body]));
  expect(report.blocks).toBeGreaterThan(100_000);
});

test("one function with 50,000 counted loops", () => {
  const body: number[] = [];
  for (let i = 0; i < 50_000; i++)
    body.push(0x41, 0, 0x21, 0, 0x03, 0x40, 0x20, 0, 0x41, 1, 0x6a, 0x22, 0, 0x41, 10, 0x48, 0x0d, 0, 0x0b);
  metered(functions([body], [[1, type.i32]]));
});

test("blocks, loops and conditions nested 10,000 deep", () => {
  for (const [open, before] of [
    [0x02, []],
    [0x03, []],
    [0x04, [0x41, 0]],
  ] as const) {
    const depth = 10_000;
    const body: number[] = [];
    for (let i = 0; i < depth; i++) body.push(...before, open, 0x40, 0x41, 0, 0x0d, ...u(open === 0x03 ? 0 : i));
    for (let i = 0; i < depth; i++) body.push(0x0b);
    metered(functions([body]));
  }
});

test("a br_table with 60,000 targets over 1,000 blocks", () => {
  const body: number[] = [];
  for (let i = 0; i < 1000; i++) body.push(0x02, 0x40);
  const targets = Array.from({ length: 60_000 }, (_, i) => u(i % 1000)).flat();
  body.push(0x41, 0, 0x0e, ...u(60_000), ...targets, 0);
  for (let i = 0; i < 1000; i++) body.push(0x0b, 0x41, 1, 0x1a);
  metered(functions([body]));
});

test("50,000 locals: the engine takes them, and metering must not push it over its limit", () => {
  const loop = [0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b];
  for (const count of [49_990, 49_998, 49_999, 50_000]) {
    const bytes = functions([loop], [[count, type.i32]]);
    expect(WebAssembly.validate(bytes)).toBe(true);
    try {
      const { bytes: out } = instrument(bytes);
      expect(WebAssembly.validate(out as Uint8Array<ArrayBuffer>)).toBe(true);
      const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 100n);
      const compiled = new WebAssembly.Module(out as Uint8Array<ArrayBuffer>);
      (new WebAssembly.Instance(compiled, { capsule: { fuel } }).exports["run"] as () => void)();
      expect(fuel.value).toBe(97n);
    } catch (error) {
      if (!(error instanceof InstrumentError)) throw error;
      expect(error.code).toBe("limit");
    }
  }
});

test("a body just below the engine's limit of 7,654,321 bytes", () => {
  const body: number[] = [];
  const filler = Array.from({ length: 100 }, () => [0x41, 0, 0x1a]).flat();
  // Some 25,000 blocks: what metering adds to them does not fit any more.
  while (body.length < 7_653_900) body.push(0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b, ...filler);
  const bytes = functions([body]);
  expect(WebAssembly.validate(bytes)).toBe(true);
  try {
    const { bytes: out } = instrument(bytes);
    expect(WebAssembly.validate(out as Uint8Array<ArrayBuffer>)).toBe(true);
  } catch (error) {
    if (!(error instanceof InstrumentError)) throw error;
    expect(error.code).toBe("limit");
  }
});
