/**
 * Job: keep what a run has left behind and put the image back into its memory, so that the next run finds all of it ready:
 * writing an image into a new memory takes five times as long, page by page from the operating system.
 * Never: keep a byte of the run before; keep a memory that has grown, which would show in the next run's sizes.
 */
import type { MemoryImage, RunMessage } from "../protocol.ts";
import { createMemories, pageBytes, pagesLeft } from "./memory.ts";
import { Standby } from "./standby.ts";

/** Makes the engine's instances on a memory that is not the image yet: their start functions may write to it. */
export type Link = (standby: Standby, message: RunMessage) => void;

/** Two languages, and one of them with numpy: more kinds at a time are rare on one thread. */
const mostKept = 3;

const leastCapacity = 512 * 1024 * 1024;

export class ImageShelf {
  /** By image and capacity; the oldest first. */
  readonly #ready = new Map<string, Standby>();

  /**
   * What a run from an image starts from; null for a run that starts from none. `link` makes the engine's instances.
   * @throws MemoryTooSmall
   */
  take(message: RunMessage, link: Link): Standby | null {
    const image = imageOf(message);
    if (image === null) return null;
    // What lies ready has room for more than this run may have.
    pagesLeft(message.memories, message.memoryBytes);
    const key = keyOf(image, message);
    const ready = this.#ready.get(key);
    this.#ready.delete(key);
    return ready ?? fresh(image, message, link);
  }

  /**
   * After the run was answered. A standby whose memory has grown is replaced: the next program probably starts small too. Never
   * throws: where there is no memory for that now, nothing is kept, and whoever takes it is told.
   */
  put(message: RunMessage, used: Standby, link: Link): void {
    const image = imageOf(message);
    if (image === null) return;
    const hasGrown = used.memory.buffer.byteLength !== message.memories[0]!.minimumPages * pageBytes;
    if (!hasGrown) {
      writeImage(image, used.memory);
      used.reset();
    }
    try {
      this.#ready.set(keyOf(image, message), hasGrown ? fresh(image, message, link) : used);
    } catch {
      return;
    }
    for (const oldest of this.#ready.keys()) {
      if (this.#ready.size <= mostKept) break;
      this.#ready.delete(oldest);
    }
  }
}

function fresh(image: MemoryImage, message: RunMessage, link: Link): Standby {
  const [memory] = createMemories(message.memories, capacityFor(message));
  if (memory === undefined || message.memories.length > 1) throw new TypeError("an image is of one memory");
  const standby = new Standby(memory);
  link(standby, message);
  standby.reset();
  writeImage(image, memory);
  return standby;
}

/** Makes the whole memory what the image says, whatever is in it. */
export function writeImage(image: MemoryImage, memory: WebAssembly.Memory): void {
  const into = Buffer.from(memory.buffer);
  const from = new Uint8Array(image.memory, image.at);
  let read = 0;
  let written = 0;
  for (let index = 0; index < image.runs.length; index += 2) {
    const offset = image.runs[index]!;
    const length = image.runs[index + 1]!;
    clear(into, written, offset);
    into.set(from.subarray(read, read + length), offset);
    read += length;
    written = offset + length;
  }
  clear(into, written, into.length);
}

const zeros = Buffer.alloc(64 * 1024);

/** Only what is not zero is written: pages that nobody has touched stay the system's, and are no memory of ours. */
function clear(memory: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at += zeros.length) {
    const stop = Math.min(at + zeros.length, end);
    if (memory.compare(zeros, 0, stop - at, at, stop) !== 0) memory.fill(0, at, stop);
  }
}

function imageOf({ input }: RunMessage): MemoryImage | null {
  if (input.engine === "module" || input.engine === "component") return null;
  return input.start.kind !== "boot" ? input.start.image : null;
}

/**
 * The maximum of a memory that is kept: a discovery and tasks of several sizes use it in turn, each held to its own limit by
 * the meter (`Meter.boundMemory`). It does not go far beyond the limit of the run that it is made for.
 */
function capacityFor({ memoryBytes }: RunMessage): number {
  return Math.max(leastCapacity, 2 ** Math.ceil(Math.log2(memoryBytes)));
}

const keyOf = (image: MemoryImage, message: RunMessage) => `${image.key} ${capacityFor(message)}`;
