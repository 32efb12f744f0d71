/**
 * Job: pass over core types: function types and module types, whose contents no one here needs.
 * Source: Component Model, design/mvp/Binary.md, "Type Definitions" (core:type).
 * Never: keep them; a core function's type is that of its module.
 */
import { skipValueType } from "../../binary/types.ts";
import { type ComponentReader, hex } from "./reader.ts";
import type { Places } from "./scope.ts";

function skipFunctionType(reader: ComponentReader): void {
  for (let i = 0; i < 2; i++) reader.vector("value types", 1, () => skipValueType(reader));
}

/** Passes over one; `places` takes down where its declarations stand if it is the type of a module. */
export function skipCoreType(reader: ComponentReader, places: Places): void {
  const at = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x60:
      skipFunctionType(reader);
      break;
    case 0x50: {
      const { position: countStart, integerEnd: countEnd } = reader;
      const { length: count } = reader.vector("module declarations", 2, () => skipModuleDeclaration(reader, places));
      places.moduleTypes.push({ count, countStart, countEnd, end: reader.position });
      break;
    }
    case 0x00:
    case 0x4e:
    case 0x4f:
    case 0x5e:
    case 0x5f:
      reader.unsupported(`a core type of garbage collection (${hex(form)}) is not supported here`, at);
      break;
    default:
      reader.fail(`${hex(form)} is no core type`, at);
  }
}

function skipModuleDeclaration(reader: ComponentReader, places: Places): void {
  const at = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x00:
      reader.coreName();
      reader.coreName();
      skipExternType(reader);
      break;
    case 0x01: {
      if (reader.bytes[reader.position] === 0x50) reader.invalid("a module type holds a module type", reader.position);
      skipCoreType(reader, places);
      break;
    }
    case 0x02:
      for (const wanted of [0x10, 0x01]) {
        const at = reader.position;
        const byte = reader.byte();
        if (byte !== wanted) reader.fail(`${hex(byte)} where an outer alias of a type has ${hex(wanted)}`, at);
      }
      reader.u32();
      reader.u32();
      break;
    case 0x03:
      reader.coreName();
      skipExternType(reader);
      break;
    default:
      reader.fail(`${hex(form)} is no declaration of a module type`, at);
  }
}

function skipLimits(reader: ComponentReader): void {
  const at = reader.position;
  const flags = reader.byte();
  if (flags > 7) reader.unsupported(`limits flags ${hex(flags)} are not supported`, at);
  for (let i = 0; i <= (flags & 1); i++) reader.u64();
}

function skipExternType(reader: ComponentReader): void {
  const at = reader.position;
  const kind = reader.byte();
  switch (kind) {
    case 0x00:
      reader.u32();
      break;
    case 0x01:
      skipValueType(reader);
      skipLimits(reader);
      break;
    case 0x02:
      skipLimits(reader);
      break;
    case 0x03:
      skipValueType(reader);
      reader.byte();
      break;
    case 0x04:
      reader.byte();
      reader.u32();
      break;
    default:
      reader.fail(`${hex(kind)} is no kind of a core import or export`, at);
  }
}
