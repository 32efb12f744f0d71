/** Job: read what kind of thing an index is of. Source: Component Model, design/mvp/Binary.md, "Instance Definitions". Never: the index. */
import type { CoreSort, Sort } from "../model.ts";
import { type ComponentReader, hex } from "./reader.ts";

const coreSorts: ReadonlyMap<number, CoreSort> = new Map([
  [0x00, "func"],
  [0x01, "table"],
  [0x02, "memory"],
  [0x03, "global"],
  [0x04, "tag"],
  [0x10, "type"],
  [0x11, "module"],
  [0x12, "instance"],
]);

export function readCoreSort(reader: ComponentReader): CoreSort {
  const at = reader.position;
  const byte = reader.byte();
  return coreSorts.get(byte) ?? reader.fail(`${hex(byte)} is no core sort`, at);
}

/** A sort of components; a core sort other than modules and, for aliases, types stands apart. */
export type AnySort = Exclude<Sort, "core-module"> | { readonly core: CoreSort };

export function readSort(reader: ComponentReader): AnySort {
  const at = reader.position;
  const byte = reader.byte();
  switch (byte) {
    case 0x00:
      return { core: readCoreSort(reader) };
    case 0x01:
      return "func";
    case 0x02:
      return reader.unsupported("values (sort 0x02) are not supported", at);
    case 0x03:
      return "type";
    case 0x04:
      return "component";
    case 0x05:
      return "instance";
    default:
      return reader.fail(`${hex(byte)} is no sort`, at);
  }
}

/** A sort that crosses a component's border. */
export function readBorderSort(reader: ComponentReader): Sort {
  const at = reader.position;
  const sort = readSort(reader);
  if (typeof sort === "string") return sort;
  if (sort.core === "module") return "core-module";
  return reader.invalid(`a core ${sort.core} cannot cross a component's border`, at);
}
