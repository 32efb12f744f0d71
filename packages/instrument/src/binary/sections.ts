/**
 * Job: cut a module into its sections: their ids, order, names and places.
 * Never: read what is in them.
 * https://webassembly.github.io/spec/core/binary/modules.html#sections
 */
import { InstrumentError } from "../errors.ts";
import { Reader } from "./reader.ts";

export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** The order that the specification demands of sections. */
export const sectionOrder: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

export interface Section {
  readonly id: number;
  /** Of a custom section. */
  readonly name: string;
  /** From the id byte. */
  readonly header: number;
  /** The content; of a custom section, after its name. */
  readonly start: number;
  readonly end: number;
}

/** Sections of a module, or a typed error: not wasm, a component, cut off, out of order, twice. */
export function readSections(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes);
  if (bytes.length < 8 || bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d)
    throw new InstrumentError("malformed", "not a WebAssembly module: it does not begin with \\0asm", 0);
  const version = bytes[4]! | (bytes[5]! << 8) | (bytes[6]! << 16) | (bytes[7]! << 24);
  if (version === 0x1000d)
    throw new InstrumentError("component", "a component, where a core module is wanted: see instrumentComponent", 4);
  if (version !== 1) throw new InstrumentError("malformed", `version ${version >>> 0} is not 1`, 4);
  reader.position = 8;
  const sections: Section[] = [];
  let last = -1;
  while (!reader.atEnd) {
    const header = reader.position;
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.position;
    reader.skip(size, `section ${id}`);
    const end = reader.position;
    if (id === SectionId.custom) {
      const content = new Reader(bytes, start, end);
      sections.push({ id, name: content.name(), header, start: content.position, end });
      continue;
    }
    const place = sectionOrder.indexOf(id);
    if (place < 0) throw new InstrumentError("unsupported", `section ${id} is not known to this version`, header);
    if (place <= last) throw new InstrumentError("malformed", `section ${id} is out of order or there twice`, header);
    last = place;
    sections.push({ id, name: "", header, start, end });
  }
  return sections;
}
