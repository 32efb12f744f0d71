/**
 * Job: copy sections with the few bytes replaced that have to be, and say what happens to each custom section.
 * Never: touch code.
 *
 * Custom sections that hold code offsets would lie after metering. `name` is kept, with its global indices moved. DWARF
 * (`.debug_*`), source maps, `external_debug_info`, branch hints, relocations and their symbol table are dropped: mapping
 * them would cost every user of the meter for debuggers that none of its hosts has. Everything else is copied.
 */

import { Reader } from "../binary/reader.ts";
import type { Section } from "../binary/sections.ts";
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

const subsection = { functions: 1, locals: 2, globals: 7 } as const;

/** What moved, for the name section. */
export interface Moved {
  readonly firstGlobal: number;
  readonly globalShift: number;
  /** For which functions the locals from which index on moved up by one. */
  readonly threaded: ReadonlyMap<number, number>;
  /** Copies stand from function index `first` on, and have the names of these functions. */
  readonly copies: { readonly first: number; readonly of: readonly number[] };
}

/**
 * The content of the name section, with the names of what moved. A name section that cannot be read is copied: engines
 * pass over it too.
 */
export function writeNames(bytes: Uint8Array, section: Section, moved: Moved): Uint8Array {
  const out = new Writer(section.end - section.start + 64);
  out.name("name");
  try {
    const reader = new Reader(bytes, section.start, section.end);
    while (!reader.atEnd) {
      const header = reader.position;
      const id = reader.byte();
      const size = reader.u32();
      const start = reader.position;
      reader.skip(size);
      const map = new Reader(bytes, start, reader.position);
      const content = new Writer(size + 16);
      if (id === subsection.globals && moved.globalShift > 0)
        copyNameMap(map, content, (index) => (index >= moved.firstGlobal ? index + moved.globalShift : index));
      else if (id === subsection.functions && moved.copies.of.length > 0) copyFunctionNames(map, content, moved);
      else if (id === subsection.locals && moved.threaded.size > 0) {
        const functions = map.count("functions", 2);
        content.unsigned(functions);
        for (let i = 0; i < functions; i++) {
          const functionIndex = map.u32();
          content.unsigned(functionIndex);
          const firstMoved = moved.threaded.get(functionIndex) ?? Number.POSITIVE_INFINITY;
          copyNameMap(map, content, (index) => (index >= firstMoved ? index + 1 : index));
        }
      } else {
        out.range(bytes, header, reader.position);
        continue;
      }
      writeSection(id, content.written, out);
    }
    return out.written;
  } catch {
    const copy = new Writer(section.end - section.start + 8);
    copy.name("name");
    copy.range(bytes, section.start, section.end);
    return copy.written;
  }
}

function copyNameMap(map: Reader, out: Writer, moved: (index: number) => number): void {
  const count = map.count("names", 2);
  out.unsigned(count);
  for (let i = 0; i < count; i++) {
    out.unsigned(moved(map.u32()));
    const at = map.position;
    map.skip(map.u32());
    out.range(map.bytes, at, map.position);
  }
}

/** Names of functions in index order, so that those of the copies come last. */
function copyFunctionNames(map: Reader, out: Writer, { copies }: Moved): void {
  const count = map.count("names", 2);
  const start = map.position;
  const names = new Map<number, { start: number; end: number }>();
  for (let i = 0; i < count; i++) {
    const index = map.u32();
    const at = map.position;
    map.skip(map.u32());
    names.set(index, { start: at, end: map.position });
  }
  const end = map.position;
  const named = copies.of.flatMap((original, i) => {
    const name = names.get(original);
    return name ? [{ index: copies.first + i, name }] : [];
  });
  out.unsigned(count + named.length);
  out.range(map.bytes, start, end);
  for (const { index, name } of named) {
    out.unsigned(index);
    out.range(map.bytes, name.start, name.end);
  }
}
