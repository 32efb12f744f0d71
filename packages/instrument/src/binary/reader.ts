/**
 * Job: read integers, names and ranges from bytes; every failure is a typed error with the byte offset.
 * Never: allocate by a number that the input declares, or know what a section is.
 * https://webassembly.github.io/spec/core/binary/values.html
 */
import { InstrumentError } from "../errors.ts";
import { decodeUtf8 } from "./utf8.ts";

export class Reader {
  readonly bytes: Uint8Array;
  /** Position of the next byte, from the start of the input. */
  position: number;
  /** One past the last byte that may be read. */
  readonly end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  fail(message: string, at = this.position): never {
    throw new InstrumentError("malformed", message, at);
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  byte(): number {
    if (this.position >= this.end) this.fail("unexpected end: one more byte is needed");
    return this.bytes[this.position++]!;
  }

  skip(count: number, what = "bytes"): void {
    if (count > this.end - this.position)
      this.fail(`${what}: ${count} bytes are declared, ${this.end - this.position} are left`);
    this.position += count;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const start = this.position;
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) this.fail("integer does not fit 32 bits", start);
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    return this.fail("integer does not fit 32 bits", start);
  }

  /** Unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    const start = this.position;
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      if (shift === 63n && byte > 1) this.fail("integer does not fit 64 bits", start);
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    return this.fail("integer does not fit 64 bits", start);
  }

  /** Signed LEB128 of at most 33 bits (block types, heap types, `i32.const`). */
  s33(): number {
    const start = this.position;
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return byte & 0x40 ? result - 2 ** (shift + 7) : result;
    }
    return this.fail("integer does not fit 33 bits", start);
  }

  /** Pass over a LEB128 of at most `bytes` bytes. */
  skipLeb(bytes: number): void {
    const start = this.position;
    for (let i = 0; i < bytes; i++) if (this.byte() < 0x80) return;
    this.fail(`integer is longer than ${bytes} bytes`, start);
  }

  /** A count of things that take at least `size` bytes each: never more than the bytes that are left can hold. */
  count(what: string, size = 1): number {
    const start = this.position;
    const count = this.u32();
    if (count * size > this.end - this.position)
      this.fail(`${what}: ${count} are declared, the section has ${this.end - this.position} bytes left`, start);
    return count;
  }

  name(): string {
    const length = this.u32();
    const start = this.position;
    this.skip(length, "name");
    try {
      return decodeUtf8(this.bytes.subarray(start, this.position));
    } catch {
      return this.fail("name is not UTF-8", start);
    }
  }
}
