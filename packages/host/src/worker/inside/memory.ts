/**
 * Job: make a run's memories, so that all together stay within the policy's bytes.
 * Never: reuse one for another task (the seam for recycling is here: who calls `createMemories` owns what it returns).
 */
import type { MemoryShape } from "../protocol.ts";

export const pageBytes = 65_536;
/** What V8 can make: 4 GiB with 32-bit addresses, 16 GiB with 64-bit ones. */
const most = { 32: 65_536, 64: 262_144 } as const;

/** The sum of minima is above the limit; `needed` is that sum in bytes. */
export class MemoryTooSmall extends Error {
  readonly needed: number;
  constructor(needed: number) {
    super(`the program needs at least ${needed} bytes of memory`);
    this.name = "MemoryTooSmall";
    this.needed = needed;
  }
}

/**
 * Pages that are left of the limit when every memory has its minimum.
 * @throws MemoryTooSmall
 */
export function pagesLeft(shapes: readonly MemoryShape[], limitBytes: number): number {
  const needed = shapes.reduce((sum, { minimumPages }) => sum + minimumPages, 0);
  const left = Math.floor(limitBytes / pageBytes) - needed;
  if (left < 0) throw new MemoryTooSmall(needed * pageBytes);
  return left;
}

/**
 * The maximum of each memory, in pages: its minimum, and an equal share of what is left for all that may still grow.
 * @throws MemoryTooSmall
 */
export function splitMemory(shapes: readonly MemoryShape[], limitBytes: number): number[] {
  const maxima = shapes.map((shape) => shape.minimumPages);
  let left = pagesLeft(shapes, limitBytes);
  const room = (index: number) => {
    const shape = shapes[index]!;
    const declared = Math.min(shape.maximumPages ?? Number.POSITIVE_INFINITY, most[shape.memory64 ? 64 : 32]);
    return declared - maxima[index]!;
  };
  for (;;) {
    const growing = maxima.map((_, index) => index).filter((index) => room(index) > 0);
    if (growing.length === 0 || left === 0) return maxima;
    const share = Math.max(1, Math.floor(left / growing.length));
    for (const index of growing) {
      const pages = Math.min(share, room(index), left);
      maxima[index] = maxima[index]! + pages;
      left -= pages;
    }
  }
}

/** @throws MemoryTooSmall */
export function createMemories(shapes: readonly MemoryShape[], limitBytes: number): WebAssembly.Memory[] {
  const maxima = splitMemory(shapes, limitBytes);
  return shapes.map((shape, index) => {
    const maximum = maxima[index]!;
    if (!shape.memory64) return new WebAssembly.Memory({ initial: shape.minimumPages, maximum });
    const wide = { address: "i64", initial: BigInt(shape.minimumPages), maximum: BigInt(maximum) };
    // The type of the descriptor does not know 64-bit memories yet.
    return new WebAssembly.Memory(wide as unknown as WebAssembly.MemoryDescriptor);
  });
}

/** Bytes of all memories now; they never shrink, so at the end this is the peak. */
export function memoryBytes(memories: readonly WebAssembly.Memory[]): number {
  return memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
}
