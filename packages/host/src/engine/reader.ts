/** Job: read numbers, names and types from a module's binary, section by section. Never: validate; V8 has accepted the module before. */

export type NumberType = "i32" | "i64" | "f32" | "f64";

const numberTypes: ReadonlyMap<number, NumberType> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
]);

/** Operator → how many LEB128 immediates it has; below zero: bytes. With a prefix: prefix × 256 + number. */
const constantOperators: ReadonlyMap<number, number> = new Map([
  ...[0x41, 0x42, 0x23, 0xd0, 0xd2].map((opcode) => [opcode, 1] as const),
  [0x43, -4],
  [0x44, -8],
  // i32 and i64: add, sub, mul.
  ...[0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].map((opcode) => [opcode, 0] as const),
  // struct.new, struct.new_default, array.new, array.new_default, array.new_fixed.
  ...[0, 1, 6, 7].map((number) => [0xfb00 + number, 1] as const),
  [0xfb08, 2],
  // any.convert_extern, extern.convert_any, ref.i31.
  ...[26, 27, 28].map((number) => [0xfb00 + number, 0] as const),
  [0xfd0c, -16],
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

  /**
   * Moves past a constant expression.
   * @throws RangeError for an operator that is none of a constant expression's: a guess would read on at the wrong place
   */
  constantExpression(): void {
    for (let opcode = this.byte(); opcode !== 0x0b; opcode = this.byte()) {
      // Proposals' operators have a number behind a prefix; GC's are 0xfb, vectors' 0xfd.
      const number = opcode === 0xfb || opcode === 0xfd ? this.u32() : 0;
      const immediates = constantOperators.get(opcode === 0xfb || opcode === 0xfd ? opcode * 256 + number : opcode);
      if (immediates === undefined) throw new RangeError(`operator 0x${opcode.toString(16)} in a constant expression`);
      if (immediates < 0) this.#at -= immediates;
      else for (let count = 0; count < immediates; count++) this.u32();
    }
  }

  /** Moves past an element segment; gives how many elements `table.init` can take from it. */
  elementSegment(): number {
    const flags = this.u32();
    const [isNotActive, hasIndex, hasExpressions] = [(flags & 1) !== 0, (flags & 2) !== 0, (flags & 4) !== 0];
    if (!isNotActive) {
      if (hasIndex) this.u32();
      this.constantExpression();
    }
    // The oldest forms are of functions and say no kind.
    if (isNotActive || hasIndex) hasExpressions ? this.type() : this.byte();
    const count = this.u32();
    for (let element = 0; element < count; element++) {
      if (hasExpressions) this.constantExpression();
      else this.u32();
    }
    // Neither active nor only declaring.
    return isNotActive && !hasIndex ? count : 0;
  }
}
