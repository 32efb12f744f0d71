/**
 * Job: copy sections with the few bytes replaced that have to be, and say what happens to each custom section.
 * Never: touch code.
 *
 * Custom sections that hold code offsets would lie after metering. `name` is kept, with its global indices moved. DWARF
 * (`.debug_*`), source maps, `external_debug_info`, branch hints, relocations and their symbol table are dropped: mapping
 * them would cost every user of the meter for debuggers that none of its hosts has. Everything else is copied.
 */
import type { Section } from "../binary/module.ts";
import { Reader } from "../binary/reader.ts";
import { Writer } from "../binary/writer.ts";

/** Replaces the bytes from `start` up to `end` of the input. */
export interface Patch {
  readonly start: number;
  readonly end: number;
  readonly write: (out: Writer) => void;
}

/** Copies `start` … `end` of the input with the patches in it; patches are in order and do not overlap. */
export function copyPatched(
  bytes: Uint8Array,
  start: number,
  end: number,
  patches: readonly Patch[],
  out: Writer,
): void {
  let copied = start;
  for (const patch of patches) {
    if (patch.start < start || patch.end > end) continue;
    out.range(bytes, copied, patch.start);
    patch.write(out);
    copied = patch.end;
  }
  out.range(bytes, copied, end);
}

export function writeSection(id: number, content: Uint8Array, out: Writer): void {
  out.byte(id);
  out.unsigned(content.length);
  out.bytes(content);
}

const droppedSections = /^(\.debug_.*|sourceMappingURL|external_debug_info|metadata\.code\..*|reloc\..*|linking)$/;

/** Whether a custom section would be wrong in the output. */
export const isDropped = (section: Section): boolean => droppedSections.test(section.name);

const globalNames = 7;

/** The content of the name section with the names of moved globals. A name section that cannot be read is copied. */
export function writeNames(bytes: Uint8Array, section: Section, firstMoved: number, shift: number): Uint8Array {
  const out = new Writer(section.end - section.start + 64);
  out.name("name");
  const verbatim = () => {
    const copy = new Writer(section.end - section.start + 8);
    copy.name("name");
    copy.range(bytes, section.start, section.end);
    return copy.written;
  };
  try {
    const reader = new Reader(bytes, section.start, section.end);
    while (!reader.atEnd) {
      const header = reader.position;
      const id = reader.byte();
      const size = reader.u32();
      const start = reader.position;
      reader.skip(size);
      if (id !== globalNames || shift === 0) {
        out.range(bytes, header, reader.position);
        continue;
      }
      const map = new Reader(bytes, start, reader.position);
      const content = new Writer(size + 16);
      const count = map.count("names", 2);
      content.unsigned(count);
      for (let i = 0; i < count; i++) {
        const index = map.u32();
        content.unsigned(index >= firstMoved ? index + shift : index);
        const at = map.position;
        map.skip(map.u32());
        content.range(bytes, at, map.position);
      }
      writeSection(id, content.written, out);
    }
    return out.written;
  } catch {
    return verbatim();
  }
}
