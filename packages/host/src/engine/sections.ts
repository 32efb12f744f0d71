/**
 * Job: the edits that an engine's module needs around metering and imaging, section by section.
 * Never: look inside a function; change an index.
 */

interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

const id = { custom: 0, export: 7, data: 11, dataCount: 12 } as const;
const kind = { table: 1, global: 3 } as const;
const preambleBytes = 8;

/**
 * Before metering: debug information and names go (half of the file), and the host gets at the two things that an image
 * needs: the stack pointer, which the linker (wasm-ld) always makes global 0, and table 0.
 */
export function openForImages(module: Uint8Array): Uint8Array {
  const sections = read(module).filter((section) => section.id !== id.custom);
  const exported = sections.findIndex((section) => section.id === id.export);
  if (exported < 0) throw new TypeError("the engine's module exports nothing");
  const more = [
    exportEntry("__stack_pointer", kind.global, 0),
    exportEntry("__indirect_function_table", kind.table, 0),
  ];
  const reader = new Reader(sections[exported]!.body);
  const count = reader.unsigned();
  const body = Buffer.concat([unsigned(count + more.length), reader.rest(), ...more]);
  sections[exported] = { id: id.export, body };
  return write(module, sections);
}

/**
 * After the image was made: its memory holds all data, so that no instance needs to write them first. A count of data
 * segments is there for code that names them (memory.init): then each stays, and an active one, which is used up once an
 * instance is made, becomes a passive one of no bytes, which is the same to all code. A start function stays: that of a side
 * module clears its memory, but it also computes globals; so the image is written after it has run.
 */
export function withoutData(module: Uint8Array): Uint8Array {
  const sections = read(module);
  if (!sections.some((section) => section.id === id.dataCount))
    return write(
      module,
      sections.filter((section) => section.id !== id.data),
    );
  return write(
    module,
    sections.map((section) => (section.id === id.data ? { id: id.data, body: withoutActive(section.body) } : section)),
  );
}

const passive = 1;
const explicitMemory = 2;
const opcode = { end: 0x0b, globalGet: 0x23, i32Const: 0x41, i64Const: 0x42 } as const;

function withoutActive(data: Uint8Array): Uint8Array {
  const reader = new Reader(data);
  const count = reader.unsigned();
  const parts: Uint8Array[] = [unsigned(count)];
  for (let segment = 0; segment < count; segment++) {
    const flag = reader.unsigned();
    if (flag === explicitMemory) reader.unsigned();
    if (flag !== passive) skipConstant(reader);
    const bytes = reader.bytes(reader.unsigned());
    parts.push(unsigned(passive), ...(flag === passive ? [unsigned(bytes.length), bytes] : [unsigned(0)]));
  }
  return Buffer.concat(parts);
}

/** A constant expression; the operators without immediates (additions) are one byte each. */
function skipConstant(reader: Reader): void {
  for (;;) {
    const operator = reader.byte();
    if (operator === opcode.end) return;
    if (operator === opcode.globalGet || operator === opcode.i32Const || operator === opcode.i64Const)
      reader.unsigned();
  }
}

function read(module: Uint8Array): Section[] {
  const reader = new Reader(module, preambleBytes);
  const sections: Section[] = [];
  while (!reader.atEnd) {
    const sectionId = reader.byte();
    sections.push({ id: sectionId, body: reader.bytes(reader.unsigned()) });
  }
  return sections;
}

function write(module: Uint8Array, sections: readonly Section[]): Uint8Array {
  return Buffer.concat([
    module.subarray(0, preambleBytes),
    ...sections.flatMap((section) => [Buffer.of(section.id), unsigned(section.body.length), section.body]),
  ]);
}

function exportEntry(name: string, exportKind: number, index: number): Uint8Array {
  const text = Buffer.from(name, "utf8");
  return Buffer.concat([unsigned(text.length), text, Buffer.of(exportKind), unsigned(index)]);
}

/** LEB128. */
function unsigned(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  do {
    const more = left > 0x7f;
    bytes.push((left & 0x7f) | (more ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Buffer.from(bytes);
}

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError("the engine's module is cut off");
    return byte;
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  bytes(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new RangeError("the engine's module is cut off");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}
