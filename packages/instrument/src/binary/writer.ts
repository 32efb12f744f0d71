/** Job: a growing buffer of bytes, with LEB128 and copies of ranges. Never: know what the bytes mean. */
import { encodeUtf8 } from "./utf8.ts";

export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** What was written. A view: valid until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** What was written, in a buffer of its own; the writer is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#bytes.buffer.transfer(this.length));
    this.#bytes = new Uint8Array(0);
    this.length = 0;
    return taken;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, Math.ceil(this.#bytes.length * 1.5)));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  bytes(source: Uint8Array | readonly number[]): void {
    this.#reserve(source.length);
    this.#bytes.set(source, this.length);
    this.length += source.length;
  }

  /** The bytes of `source` from `start` up to `end`. Short ranges are copied by hand: a typed-array copy costs 50 ns. */
  range(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    const bytes = this.#bytes;
    if (count <= 48) {
      let to = this.length;
      for (let from = start; from < end; from++) bytes[to++] = source[from]!;
      this.length = to;
    } else {
      bytes.set(source.subarray(start, end), this.length);
      this.length += count;
    }
  }

  /** Unsigned LEB128 of a safe integer. */
  unsigned(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.length++] = rest;
  }

  unsignedBig(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  /** Signed LEB128 of a safe integer. */
  signed(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest < -0x40 || rest >= 0x40) {
      const low = ((rest % 0x80) + 0x80) % 0x80;
      this.#bytes[this.length++] = low | 0x80;
      rest = (rest - low) / 0x80;
    }
    this.#bytes[this.length++] = rest & 0x7f;
  }

  signedBig(value: bigint): void {
    let rest = value;
    while (rest < -0x40n || rest >= 0x40n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  name(text: string): void {
    const encoded = encodeUtf8(text);
    this.unsigned(encoded.length);
    this.bytes(encoded);
  }
}
