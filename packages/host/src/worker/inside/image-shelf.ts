/**
 * Job: keep memories that a run has left behind and put the image back into them, so that the next run finds one ready, with
 * a new instance on it: writing an image into a new memory takes five times as long, page by page from the operating system.
 * Never: keep a byte of the run before; keep a memory that has grown, which would show in the next run's sizes.
 */
import type { MemoryImage, RunMessage } from "../protocol.ts";
import { Standby } from "./standby.ts";

/** A discovery and a task of two sizes: more kinds at a time are rare on one thread. */
const mostKept = 3;

export class ImageShelf {
  /** By image and maximum; the oldest first. */
  readonly #ready = new Map<string, Standby>();

  /** A memory that holds the image of this run, and what is ready on it; or null. */
  take(message: RunMessage): Standby | null {
    const image = imageOf(message);
    if (image === null) return null;
    const key = keyOf(image, message);
    const standby = this.#ready.get(key) ?? null;
    this.#ready.delete(key);
    return standby;
  }

  /** After the run was answered. `prepare`: what the engine can do before the next run is known. */
  put(
    message: RunMessage,
    memories: readonly WebAssembly.Memory[],
    prepare: (standby: Standby) => void = () => undefined,
  ): void {
    const image = imageOf(message);
    const [memory] = memories;
    if (image === null || memory === undefined || memories.length > 1) return;
    if (memory.buffer.byteLength !== message.memories[0]!.minimumPages * 65_536) return;
    writeImage(image, memory, true);
    const standby = new Standby(memory);
    prepare(standby);
    this.#ready.set(keyOf(image, message), standby);
    for (const oldest of this.#ready.keys()) {
      if (this.#ready.size <= mostKept) break;
      this.#ready.delete(oldest);
    }
  }
}

/** Makes the whole memory what it was; a fresh one is zero already between the runs. */
export function writeImage(image: MemoryImage, memory: WebAssembly.Memory, isUsed: boolean): void {
  const into = new Uint8Array(memory.buffer);
  const from = new Uint8Array(image.memory);
  let read = 0;
  let written = 0;
  for (let index = 0; index < image.runs.length; index += 2) {
    const offset = image.runs[index]!;
    const length = image.runs[index + 1]!;
    if (isUsed) into.fill(0, written, offset);
    into.set(from.subarray(read, read + length), offset);
    read += length;
    written = offset + length;
  }
  if (isUsed) into.fill(0, written);
}

function imageOf({ input }: RunMessage): MemoryImage | null {
  if (input.engine === "module" || input.engine === "component") return null;
  return input.start.kind === "boot" ? null : input.start.image;
}

const keyOf = (image: MemoryImage, { memoryBytes }: RunMessage) => `${image.key} ${memoryBytes}`;
