/**
 * Job: rewrite the names that a component gives its definitions where indices moved.
 * Source: Component Model, design/mvp/Binary.md, "Name Section".
 * Never: refuse: a name section that cannot be read is for debuggers alone, and is copied as it is.
 */
import { Reader } from "../binary/reader.ts";
import { Writer } from "../binary/writer.ts";

export const nameSection = "component-name";

/** The section's content, from after its name, with core modules and core instances moved by `shift`. */
export function moveNames(bytes: Uint8Array, start: number, end: number, shift: number): Uint8Array {
  const copy = bytes.subarray(start, end);
  if (shift === 0) return copy;
  try {
    const reader = new Reader(bytes, start, end);
    const out = new Writer(end - start + 64);
    while (!reader.atEnd) {
      const header = reader.position;
      const id = reader.byte();
      const size = reader.u32();
      const from = reader.position;
      reader.skip(size);
      const moved = id === 1 && bytes[from] === 0x00 && (bytes[from + 1] === 0x11 || bytes[from + 1] === 0x12);
      if (!moved) {
        out.range(bytes, header, reader.position);
        continue;
      }
      const content = new Writer(size + 16);
      const names = new Reader(bytes, from + 2, reader.position);
      content.range(bytes, from, from + 2);
      const count = names.count("names", 2);
      content.unsigned(count);
      for (let i = 0; i < count; i++) {
        content.unsigned(names.u32() + shift);
        const nameStart = names.position;
        names.skip(names.u32());
        content.range(bytes, nameStart, names.position);
      }
      if (!names.atEnd) return copy;
      out.byte(id);
      out.unsigned(content.length);
      out.bytes(content.written);
    }
    return out.take();
  } catch {
    return copy;
  }
}
