/**
 * Job: the limit of imported memories (SPEC.md §4): the host's number holds as a maximum of the memory would, may change while
 * the instance lives, and what it refuses is counted.
 */
import { InstrumentError, instrument } from "@capsule-run/instrument";
import { instrumentPlain } from "@capsule-run/instrument/binaryen";
import { parseText } from "@capsule-run/instrument/text";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

/** Each export grows a memory as its last, only, or repeated operator. */
const source = (types: readonly string[]) => `(module
  ${types.map((type, index) => `(memory (export "m${index}") ${type} 2)`).join("\n")}
  ${types
    .map(
      (type, index) => `
  (func (export "grow${index}") (param ${type}) (result ${type}) (memory.grow ${index} (local.get 0)))
  (func (export "twice${index}") (param ${type}) (result ${type})
    (drop (memory.grow ${index} (local.get 0)))
    (memory.grow ${index} (local.get 0)))`,
    )
    .join("")})`;

type Grow = (pages: number | bigint) => number | bigint;

function memoryOf(type: string, maximum: number): WebAssembly.Memory {
  const wide = { address: "i64", initial: 2n, maximum: BigInt(maximum) };
  return new WebAssembly.Memory(
    type === "i64" ? (wide as unknown as WebAssembly.MemoryDescriptor) : { initial: 2, maximum },
  );
}

function live(bytes: Uint8Array, types: readonly string[], maximum: number) {
  const pages = new WebAssembly.Global({ value: "i32", mutable: true }, -1);
  const refused = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 1n << 40n);
  const memories = types.map((type) => memoryOf(type, maximum));
  const capsule: WebAssembly.ModuleImports = { fuel, pages, refused };
  memories.forEach((memory, index) => {
    capsule[`memory${index}`] = memory;
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), { capsule });
  return { pages, refused, fuel, memories, exports: exports as Record<string, Grow & WebAssembly.Memory> };
}

const meters = [
  ["instrument", async (text: string) => instrument(await parseText(text), { memory: "import" }).bytes],
  [
    "the plain pass",
    async (text: string) => (await instrumentPlain(await parseText(text), { memory: "import" })).bytes,
  ],
] as const;

/** Around zero, around the limits here, and what wraps around with the size added. */
const lengths = fc.oneof(
  fc.nat(12),
  fc.constantFrom(65_534, 65_535, 65_536, 2 ** 31, 2 ** 32 - 3, 2 ** 32 - 2, 2 ** 32 - 1),
);
const wideLengths = fc.oneof(lengths.map(BigInt), fc.constantFrom(2n ** 63n, 2n ** 64n - 3n, 2n ** 64n - 1n));

describe.each(meters)("%s", (_, meter) => {
  test.each(["i32", "i64"])("with %s addresses: the same as a maximum of the memory, fuel too", async (type) => {
    const bytes = await meter(source([type]));
    const length = type === "i64" ? wideLengths : lengths;
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.array(fc.tuple(fc.constantFrom("grow0", "twice0"), length), { maxLength: 12 }),
        (limit, calls) => {
          const byLimit = live(bytes, [type], 40);
          byLimit.pages.value = limit;
          const byMaximum = live(bytes, [type], limit);
          for (const [name, pages] of calls) {
            expect(byLimit.exports[name]!(pages)).toBe(byMaximum.exports[name]!(pages));
            expect(byLimit.fuel.value).toBe(byMaximum.fuel.value);
          }
          expect(byLimit.refused.value).toBe(byMaximum.refused.value);
          expect(byLimit.memories[0]!.buffer.byteLength).toBe(byMaximum.memories[0]!.buffer.byteLength);
          expect(byLimit.memories[0]!.buffer.byteLength).toBeLessThanOrEqual(limit * 65_536);
        },
      ),
    );
  });

  test("the maximum of the memory holds beside it", async () => {
    const { exports, refused } = live(await meter(source(["i32"])), ["i32"], 4);
    expect([exports["grow0"]!(2), exports["grow0"]!(1), refused.value]).toEqual([2, -1, 1]);
  });

  test("the host moves it while the instance lives; below the size nothing grows, not even by nothing", async () => {
    const { exports, pages, refused } = live(await meter(source(["i32"])), ["i32"], 40);
    const grow = exports["grow0"]!;
    pages.value = 3;
    expect([grow(2), grow(1), grow(1), grow(0)]).toEqual([-1, 2, -1, 3]);
    pages.value = 5;
    expect([grow(2), grow(1)]).toEqual([3, -1]);
    pages.value = 4;
    expect([grow(1), grow(0), grow(-1), grow(-5)]).toEqual([-1, -1, -1, -1]);
    expect(refused.value).toBe(7);
  });
});

test("each of several memories is held to it", async () => {
  const types = ["i32", "i64", "i32"];
  const { exports, pages } = live(await meters[0][1](source(types)), types, 40);
  pages.value = 5;
  for (const [index, type] of types.entries()) {
    const number = type === "i64" ? BigInt : Number;
    expect(exports[`grow${index}`]!(number(4))).toBe(number(-1));
    expect(exports[`grow${index}`]!(number(3))).toBe(number(2));
  }
});

test("the plain pass refuses several: it cannot tell whose growth one is", async () => {
  const several = instrumentPlain(await parseText(source(["i32", "i32"])), { memory: "import" });
  await expect(several).rejects.toThrow(InstrumentError);
  await expect(several).rejects.toThrow(/several memories/);
});
