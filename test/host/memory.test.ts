/** Job: how a limit is split over several memories. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemories, MemoryTooSmall, splitMemory } from "../../packages/host/src/worker/inside/memory.ts";
import type { MemoryShape } from "../../packages/host/src/worker/protocol.ts";

const page = 65_536;
const shape = (minimumPages: number, maximumPages: number | null = null, memory64 = false): MemoryShape => ({
  minimumPages,
  maximumPages,
  memory64,
});

test.each([
  ["one takes all", [shape(1)], 10, [10]],
  ["never more than it declares", [shape(1, 4)], 10, [4]],
  ["two share what is left evenly", [shape(1), shape(3)], 10, [4, 6]],
  ["what one cannot use, the others get", [shape(1, 2), shape(1)], 10, [2, 8]],
  ["a rest that does not divide", [shape(0), shape(0), shape(0)], 10, [4, 3, 3]],
  ["exactly the minima", [shape(4), shape(6)], 10, [4, 6]],
  ["none", [], 10, []],
] as const)("%s", (_, shapes, pages, maxima) => {
  expect(splitMemory(shapes, pages * page + page - 1)).toEqual(maxima);
});

test("minima above the limit are refused with their sum", () => {
  expect(() => splitMemory([shape(5), shape(6)], 10 * page)).toThrow(MemoryTooSmall);
  expect(() => splitMemory([shape(5), shape(6)], 10 * page)).toThrow(String(11 * page));
});

test("for any shapes: within the limit, within each declaration, nothing left that one could take", () => {
  const anyShape = fc
    .record({ minimum: fc.nat(50), room: fc.option(fc.nat(50), { nil: null }) })
    .map(({ minimum, room }) => shape(minimum, room === null ? null : minimum + room));
  fc.assert(
    fc.property(fc.array(anyShape, { maxLength: 6 }), fc.nat(400), (shapes, pages) => {
      const needed = shapes.reduce((sum, { minimumPages }) => sum + minimumPages, 0);
      fc.pre(needed <= pages);
      const maxima = splitMemory(shapes, pages * page);
      const sum = maxima.reduce((total, maximum) => total + maximum, 0);
      expect(sum).toBeLessThanOrEqual(pages);
      maxima.forEach((maximum, index) => {
        expect(maximum).toBeGreaterThanOrEqual(shapes[index]!.minimumPages);
        expect(maximum).toBeLessThanOrEqual(shapes[index]!.maximumPages ?? Number.POSITIVE_INFINITY);
      });
      const canGrow = shapes.some(({ maximumPages }, index) => maximumPages === null || maxima[index]! < maximumPages);
      if (canGrow) expect(sum).toBe(pages);
    }),
  );
});

test("memories are made with 32 and 64 bit addresses", () => {
  const [narrow, wide] = createMemories([shape(1, 2), shape(1, 2, true)], 4 * page) as unknown as [
    WebAssembly.Memory,
    { buffer: ArrayBuffer; grow(pages: bigint): bigint },
  ];
  expect(narrow.grow(1)).toBe(1);
  expect(wide.grow(1n)).toBe(1n);
  expect(() => narrow.grow(1)).toThrow(RangeError);
});
