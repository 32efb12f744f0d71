/**
 * Job: rewrite the names that a component gives its definitions where indices moved.
 * Source: Component Model, design/mvp/Binary.md, "Name Section".
 * Never: refuse: a name section that cannot be read is for debuggers alone, and is copied as it is.
 */
import { Reader } from "../../binary/reader.ts";
import { Writer } from "../../binary/writer.ts";
import { ComponentReader } from "../read/reader.ts";
import { type Space, spaceOfCore } from "../read/scope.ts";
import { readSort } from "../read/sorts.ts";

export const nameSection = "component-name";

/** The section's content, from after its name, with moved indices. */
export function moveNames(
  bytes: Uint8Array,
  start: number,
  end: number,
  moved: (space: Space, index: number) => number,
): Uint8Array {
  const copy = bytes.subarray(start, end);
  try {
    const reader = new Reader(bytes, start, end);
    const out = new Writer(end - start + 64);
    while (!reader.atEnd) {
      const header = reader.position;
      const id = reader.byte();
      const size = reader.u32();
      const from = reader.position;
      reader.skip(size);
      if (id !== 1) {
        out.range(bytes, header, reader.position);
        continue;
      }
      const content = new Writer(size + 16);
      const names = new ComponentReader(bytes, from, reader.position);
      const sort = readSort(names);
      const space = typeof sort === "string" ? sort : spaceOfCore(sort.core);
      content.range(bytes, from, names.position);
      const count = names.count("names", 2);
      content.unsigned(count);
      for (let i = 0; i < count; i++) {
        content.unsigned(moved(space, names.u32()));
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
