/** Job: read numbers, names and types from a module's binary, section by section. Never: validate; V8 has accepted the module before. */

export type NumberType = "i32" | "i64" | "f32" | "f64";

const numberTypes: ReadonlyMap<number, NumberType> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
]);

/** Calls `visit` with the id and the content of each section, in order. */
export function eachSection(bytes: Uint8Array, visit: (id: number, content: Reader) => void): void {
  const reader = new Reader(bytes, 8);
  while (!reader.atEnd) {
    const id = reader.byte();
    visit(id, reader.part(reader.u32()));
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, at: number, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  peek(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  byte(): number {
    const value = this.peek();
    this.#at += 1;
    return value;
  }

  /** Any LEB128 of a validated module whose value fits 32 bits, signed or not: only its extent matters for signed ones. */
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  part(size: number): Reader {
    const part = new Reader(this.#bytes, this.#at, this.#at + size);
    this.#at += size;
    return part;
  }

  name(): string {
    const size = this.u32();
    this.#at += size;
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#bytes.subarray(this.#at - size, this.#at));
  }

  type(): NumberType | null {
    const code = this.byte();
    // (ref null? heap type): the heap type follows as a signed LEB128.
    if (code === 0x63 || code === 0x64) this.u32();
    return numberTypes.get(code) ?? null;
  }

  types(): (NumberType | null)[] {
    return Array.from({ length: this.u32() }, () => this.type());
  }

  /** Of a memory or a table; gives the minimum. */
  limits(): number {
    const flags = this.byte();
    const minimum = this.u32();
    if (flags & 1) this.u32();
    return minimum;
  }

  /** Moves past a constant expression that gives a reference: `global.get`, `ref.func`, `ref.null`, `end`. */
  constantExpression(): void {
    for (let opcode = this.byte(); opcode !== 0x0b; opcode = this.byte()) this.u32();
  }
}
