/** Job: the guest's linear memory, each access checked before it is made. Never: trust a pointer or a length. */
import { Fault } from "../fault.ts";
import type { Ledger } from "../ledger.ts";
import type { Stat } from "../node.ts";
import { fileType, sizes } from "./abi.ts";

/** As Linux (IOV_MAX): a list as long as memory would keep the host busy for seconds. */
const maxBuffers = 1024;

export class GuestMemory {
  readonly #source: () => ArrayBuffer;
  readonly #ledger: Ledger;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  constructor(source: () => ArrayBuffer, ledger: Ledger) {
    this.#source = source;
    this.#ledger = ledger;
  }

  /** Memory that grew has a new buffer; the old one is detached. */
  #refresh(): void {
    const buffer = this.#source();
    if (buffer !== this.#bytes.buffer) {
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
    }
  }

  /** Before `#view` is looked at: this may replace it. */
  #checked(pointer: number, length: number): number {
    this.#refresh();
    const at = pointer >>> 0;
    if (at + length > this.#bytes.length) throw new Fault("EFAULT");
    return at;
  }

  bytes(pointer: number, length: number): Uint8Array {
    const size = length >>> 0;
    const at = this.#checked(pointer, size);
    return this.#bytes.subarray(at, at + size);
  }

  u8(pointer: number): number {
    const at = this.#checked(pointer, 1);
    return this.#view.getUint8(at);
  }
  u16(pointer: number): number {
    const at = this.#checked(pointer, 2);
    return this.#view.getUint16(at, true);
  }
  u32(pointer: number): number {
    const at = this.#checked(pointer, 4);
    return this.#view.getUint32(at, true);
  }
  u64(pointer: number): bigint {
    const at = this.#checked(pointer, 8);
    return this.#view.getBigUint64(at, true);
  }
  setU8(pointer: number, value: number): void {
    const at = this.#checked(pointer, 1);
    this.#view.setUint8(at, value);
  }
  setU16(pointer: number, value: number): void {
    const at = this.#checked(pointer, 2);
    this.#view.setUint16(at, value, true);
  }
  setU32(pointer: number, value: number): void {
    const at = this.#checked(pointer, 4);
    this.#view.setUint32(at, value, true);
  }
  setU64(pointer: number, value: bigint): void {
    const at = this.#checked(pointer, 8);
    this.#view.setBigUint64(at, value, true);
  }

  /** Fails where a result of `length` bytes could not be stored: before the call has had its effect, not after. */
  reserve(pointer: number, length: number): void {
    this.#checked(pointer, length >>> 0);
  }

  /** A path: bounded, then decoded; what is not UTF-8 is EILSEQ. */
  path(pointer: number, length: number): string {
    const size = length >>> 0;
    this.#ledger.checkPath(size);
    const bytes = this.bytes(pointer, size);
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw new Fault("EILSEQ");
    }
  }

  /** The buffers of a scatter or gather list. */
  buffers(pointer: number, count: number): Uint8Array[] {
    const length = count >>> 0;
    if (length > maxBuffers) throw new Fault("EINVAL");
    const at = this.#checked(pointer, length * sizes.iovec);
    const buffers: Uint8Array[] = [];
    let total = 0;
    for (let i = 0; i < length; i += 1) {
      const start = this.#view.getUint32(at + i * sizes.iovec, true);
      const size = this.#view.getUint32(at + i * sizes.iovec + 4, true);
      if (size === 0) continue;
      if (start + size > this.#bytes.length) throw new Fault("EFAULT");
      total += size;
      buffers.push(this.#bytes.subarray(start, start + size));
    }
    // The result is a u32.
    if (total > 0xffff_ffff) throw new Fault("EINVAL");
    return buffers;
  }

  setStat(pointer: number, stat: Stat): void {
    const at = this.#checked(pointer, sizes.filestat);
    const view = this.#view;
    view.setBigUint64(at, stat.device, true);
    view.setBigUint64(at + 8, stat.inode, true);
    view.setBigUint64(at + 16, BigInt(fileType[stat.type]), true);
    view.setBigUint64(at + 24, stat.links, true);
    view.setBigUint64(at + 32, stat.size, true);
    view.setBigUint64(at + 40, stat.accessedNs, true);
    view.setBigUint64(at + 48, stat.modifiedNs, true);
    view.setBigUint64(at + 56, stat.changedNs, true);
  }
}
