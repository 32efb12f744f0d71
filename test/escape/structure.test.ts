/** Job: modules whose structure alone would fill the heap of a thread, or hides from who counts it. Never: code that runs long. */
import { describe, expect, test } from "vitest";
import { checkStructure } from "../../packages/host/src/engine/structure.ts";

const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const vector = (parts: readonly (readonly number[])[]) => [...leb(parts.length), ...parts.flat()];
const section = (id: number, content: readonly number[]) => [id, ...leb(content.length), ...content];

const funcref = 0x70;
const i31ref = 0x6c;
const functionType = section(1, vector([[0x60, 0, 0]]));
const oneFunction = section(3, [1, 0]);
const body = section(10, vector([[2, 0, 0x0b]]));

/** A module of these sections around one empty function. */
function moduleOf(before: readonly number[], after: readonly number[] = [], code = body): Uint8Array {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from([...header, ...functionType, ...oneFunction, ...before, ...after, ...code]);
}

const check = (bytes: Uint8Array) => {
  expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  return checkStructure(bytes, "it");
};

const table = section(4, vector([[funcref, 0, 1]]));
const indices = (count: number) => [...leb(count), ...Array<number>(count).fill(0)];
const tag = section(13, vector([[0, 0]]));

describe("element segments", () => {
  test("passive ones are counted in every form", () => {
    const byIndex = [1, 0, ...indices(600_000)];
    const byExpression = [5, funcref, ...leb(500_000), ...Array(500_000).fill([0xd2, 0, 0x0b]).flat()];
    const both = moduleOf(table, section(9, vector([byIndex, byExpression])));
    expect(() => check(both)).toThrow("passive element segments of 1100000 elements");
  });

  test("a module that can throw has few", () => {
    const segment = section(9, vector([[1, 0, ...indices(10_001)]]));
    expect(check(moduleOf(table, segment)).canThrow).toBe(false);
    expect(() => check(moduleOf([...table, ...tag], segment))).toThrow("at most 10000");
  });

  test("active and declaring ones make no array", () => {
    const active = [0, 0x41, 0, 0x0b, ...indices(600_000)];
    const activeElsewhere = [2, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b, 0, ...indices(600_000)];
    const declaring = [3, 0, ...indices(600_000)];
    expect(check(moduleOf(table, section(9, vector([active, activeElsewhere, declaring])))).canThrow).toBe(false);
  });
});

test("a table does not hide behind the operators of another one's initial value", () => {
  // i32.const 0, i32.const 0, i32.add, i32.const 11, i32.add, ref.i31: 11 is also the operator `end`.
  const value = [0x41, 0, 0x41, 0, 0x6a, 0x41, 0x0b, 0x6a, 0xfb, 0x1c, 0x0b];
  const first = [0x40, 0, i31ref, 0, 1, ...value];
  const large = [i31ref, 0, ...leb(9_000_000)];
  expect(() => check(moduleOf(section(4, vector([first, large]))))).toThrow("tables of 9000001 elements");
});
