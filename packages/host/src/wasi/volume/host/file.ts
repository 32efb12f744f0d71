/** Job: an open regular file of the host. Never: a fifo, socket or device (who opens has looked). */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import type { File, Stat, Times } from "../../node.ts";
import { neverWait, reopened } from "./descriptors.ts";
import type { Volume } from "./shared.ts";
import { bigint } from "./stat.ts";

export class HostFile implements File {
  readonly kind = "file";
  readonly seekable = true;
  readonly #fd: number;
  readonly #volume: Volume;
  /** Appending is the host's job, or two writers would overwrite each other; made when first needed. */
  #appending: number | null = null;

  constructor(fd: number, volume: Volume) {
    this.#fd = fd;
    this.#volume = volume;
  }
  stat(): Stat {
    return this.#volume.times.stat(fstatSync(this.#fd, bigint));
  }
  read(into: Uint8Array, position: number): number {
    return readSync(this.#fd, into, 0, into.length, position);
  }
  write(from: Uint8Array, position: number | null): number {
    if (position !== null) return writeSync(this.#fd, from, 0, from.length, position);
    this.#appending ??= openSync(reopened(this.#fd), constants.O_WRONLY | constants.O_APPEND | neverWait);
    return writeSync(this.#appending, from, 0, from.length);
  }
  setSize(size: number): void {
    ftruncateSync(this.#fd, size);
  }
  setTimes(times: Times): void {
    this.#volume.checkWritable();
    this.#volume.times.set(
      times,
      () => fstatSync(this.#fd, bigint),
      (accessed, modified) => futimesSync(this.#fd, accessed, modified),
    );
  }
  sync(): void {
    fsyncSync(this.#fd);
  }
  close(): void {
    try {
      closeSync(this.#fd);
    } finally {
      if (this.#appending !== null) closeSync(this.#appending);
    }
  }
}
