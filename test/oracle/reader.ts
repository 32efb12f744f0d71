/** Job: read the primitives of the binary format: integers, names, vectors, types. Never: know sections or operators. */

const heapTypes: Record<number, string> = {
  115: "nofunc",
  114: "noextern",
  113: "none",
  112: "func",
  111: "extern",
  110: "any",
  109: "eq",
  108: "i31",
  107: "struct",
  106: "array",
  105: "exn",
  116: "noexn",
};
const valueTypes: Record<number, string> = {
  127: "i32",
  126: "i64",
  125: "f32",
  124: "f64",
  123: "v128",
  120: "i8",
  119: "i16",
};

export class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position >= this.#bytes.length;
  }

  get position(): number {
    return this.#position;
  }

  peek(): number {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) throw new Error("unexpected end");
    return byte;
  }

  byte(): number {
    const byte = this.peek();
    this.#position += 1;
    return byte;
  }

  skip(count: number): void {
    this.#position += count;
  }

  bytes(count: number): Uint8Array {
    if (this.#position + count > this.#bytes.length) throw new Error("unexpected end");
    this.#position += count;
    return this.#bytes.subarray(this.#position - count, this.#position);
  }

  take(count: number): Reader {
    return new Reader(this.bytes(count));
  }

  u32le(): number {
    return this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24);
  }

  u64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** Unsigned, as a number: indices, counts and static offsets below 2^53. */
  u(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  s64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; ) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return BigInt.asIntN(64, (byte & 0x40) === 0 ? value : value - (1n << shift));
    }
  }

  s32(): number {
    return Number(this.s64());
  }

  name(): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bytes(this.u()));
  }

  vector<T>(item: (index: number) => T): T[] {
    const count = this.u();
    const out: T[] = [];
    for (let i = 0; i < count; i++) out.push(item(i));
    return out;
  }

  /** A heap type: its name, or the type index in digits. */
  heapType(): string {
    const abstract = heapTypes[this.peek()];
    if (abstract !== undefined) {
      this.skip(1);
      return abstract;
    }
    return String(this.s32());
  }

  valueType(): string {
    const first = this.peek();
    const plain = valueTypes[first];
    if (plain !== undefined) {
      this.skip(1);
      return plain;
    }
    if (first === 0x63 || first === 0x64) {
      this.skip(1);
      return `${first === 0x63 ? "ref null" : "ref"} ${this.heapType()}`;
    }
    const heap = heapTypes[first];
    if (heap === undefined) throw new Error(`unknown value type ${first}`);
    this.skip(1);
    return `ref null ${heap}`;
  }
}
