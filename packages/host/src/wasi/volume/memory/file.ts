/** Job: an open file in memory. Never: names. */
import type { File, Stat, Times } from "../../node.ts";
import { type FileInode, setInodeTimes, type Volume } from "./inode.ts";

export class MemoryFile implements File {
  readonly kind = "file";
  readonly seekable = true;
  readonly #inode: FileInode;
  readonly #volume: Volume;

  constructor(inode: FileInode, volume: Volume) {
    this.#inode = inode;
    this.#volume = volume;
    inode.opened += 1;
  }
  stat(): Stat {
    return this.#inode.stat();
  }
  read(into: Uint8Array, position: number): number {
    const { bytes, size } = this.#inode;
    const from = bytes.subarray(Math.min(position, size), Math.min(position + into.length, size));
    into.set(from);
    return from.length;
  }
  write(from: Uint8Array, position: number | null): number {
    const inode = this.#inode;
    const at = position ?? inode.size;
    this.#volume.reserve(inode, at + from.length);
    inode.bytes.set(from, at);
    inode.size = Math.max(inode.size, at + from.length);
    this.#touch();
    return from.length;
  }
  setSize(size: number): void {
    const inode = this.#inode;
    if (size < inode.size) inode.bytes.fill(0, size, inode.size);
    else this.#volume.reserve(inode, size);
    inode.size = size;
    if (size === 0) {
      this.#volume.give(inode.bytes.length);
      inode.bytes = new Uint8Array(0);
    }
    this.#touch();
  }
  #touch(): void {
    const now = this.#volume.clock.wall();
    this.#inode.modifiedNs = now;
    this.#inode.changedNs = now;
  }
  setTimes(times: Times): void {
    setInodeTimes(this.#inode, times, this.#volume);
  }
  sync(): void {}
  close(): void {
    this.#inode.opened -= 1;
    this.#volume.drop(this.#inode);
  }
}
