/** Job: what lies ready for the next run is the image, whatever the run before did to its memory, and whatever fails meanwhile. */
import { expect, test } from "vitest";
import { bareKernel } from "../../bench/support/job.ts";
import { ImageShelf, type Link } from "../../packages/host/src/worker/inside/image-shelf.ts";
import { MemoryTooSmall } from "../../packages/host/src/worker/inside/memory.ts";
import type { RunMessage } from "../../packages/host/src/worker/protocol.ts";

const pageBytes = 65_536;
const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
const content = Uint8Array.of(1, 2, 3, 4, 5);
const memory = new SharedArrayBuffer(content.length + 8);
new Uint8Array(memory, 8).set(content);

/** Two runs of bytes, one at the very end. */
const message: RunMessage = {
  kind: "run",
  id: 1,
  module,
  memories: [{ minimumPages: 2, maximumPages: null, memory64: false }],
  startFuel: 0n,
  fuel: 1n,
  memoryBytes: 4 * pageBytes,
  stdin: null,
  input: {
    engine: "python",
    request: "",
    start: {
      kind: "image",
      image: {
        key: "k",
        memory,
        at: 8,
        runs: [100, 3, 2 * pageBytes - 2, 2],
        stackPointer: 0,
        callable: 0,
        entry: 0,
      },
    },
  },
  kernel: bareKernel,
};
const whole = Buffer.alloc(2 * pageBytes);
whole.set([1, 2, 3], 100);
whole.set([4, 5], 2 * pageBytes - 2);
/** A start function that writes. */
const link: Link = (standby) => {
  standby.instantiate(module);
  new Uint8Array(standby.memory.buffer).fill(7);
};

test("every byte that a run wrote is the image's again, in the same memory", () => {
  const shelf = new ImageShelf();
  const first = shelf.take(message, link)!;
  expect(Buffer.from(first.memory.buffer).equals(whole)).toBe(true);
  for (const [from, to] of [
    [0, 2 * pageBytes],
    [0, 1],
    [99, 104],
    [pageBytes - 1, pageBytes + 1],
    [2 * pageBytes - 3, 2 * pageBytes],
  ] as const) {
    new Uint8Array(first.memory.buffer).fill(9, from, to);
    shelf.put(message, first, link);
    const next = shelf.take(message, link)!;
    expect(next).toBe(first);
    expect(Buffer.from(next.memory.buffer).equals(whole)).toBe(true);
  }
});

test("a memory that has grown is not kept, nor anything where there is no other", () => {
  const shelf = new ImageShelf();
  const grown = shelf.take(message, link)!;
  grown.memory.grow(1);
  shelf.put(message, grown, link);
  const other = shelf.take(message, link)!;
  expect(other).not.toBe(grown);
  expect(Buffer.from(other.memory.buffer).equals(whole)).toBe(true);

  other.memory.grow(1);
  shelf.put(message, other, () => {
    throw new RangeError("could not allocate memory");
  });
  expect(Buffer.from(shelf.take(message, link)!.memory.buffer).equals(whole)).toBe(true);
});

test("runs with different limits use one memory in turn; one with a much larger limit has its own", () => {
  const shelf = new ImageShelf();
  const large = { ...message, memoryBytes: 512 * 1024 * 1024 };
  const first = shelf.take(large, link)!;
  shelf.put(large, first, link);
  expect(shelf.take(message, link)).toBe(first);
  shelf.put(message, first, link);
  const larger = { ...message, memoryBytes: 3 * 1024 * 1024 * 1024 };
  const other = shelf.take(larger, link)!;
  expect(other).not.toBe(first);
  expect(first.memory.grow((512 * 1024 * 1024) / pageBytes - 2)).toBe(2);
  expect(() => first.memory.grow(1)).toThrow(RangeError);
  expect(other.memory.grow(larger.memoryBytes / pageBytes - 2)).toBe(2);
});

test("a limit below the image is refused, though a larger memory lies ready", () => {
  const shelf = new ImageShelf();
  shelf.put(message, shelf.take(message, link)!, link);
  expect(() => shelf.take({ ...message, memoryBytes: 2 * pageBytes - 1 }, link)).toThrow(MemoryTooSmall);
});
