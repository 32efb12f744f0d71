/**
 * Job: make a module ready for Binaryen: put the limits of `passes/limits.ts` into it, and keep what its reader would drop. The code stays as it is.
 * Never: decide a limit.
 */
import type { Module } from "../binary/module.ts";
import { SectionId, sectionOrder } from "../binary/sections.ts";
import { Writer } from "../binary/writer.ts";
import type { ResolvedOptions } from "../options.ts";
import { tableLimits, writeMemories, writeMemoryImports } from "../passes/limits.ts";
import { pageSize } from "../validate.ts";

/**
 * The module with memories imported or bounded, and tables bounded. Indices do not change, so neither does code.
 *
 * Declarative element segments become passive ones: Binaryen drops the former without renumbering the others. All that the
 * plain pass lets a module do with either is `elem.drop`.
 */
export function prepare(module: Module, options: ResolvedOptions): Uint8Array {
  const bytes = withoutDeclarative(module);
  const limits = {
    maximumPages: options.maxMemory === null ? null : BigInt(options.maxMemory) / pageSize,
    maxTable: options.maxTable,
  };
  const importing = options.memory === "import" && module.memories.length > module.imported.memories;
  const contents = new Map<number, (out: Writer) => void>();
  if (importing)
    contents.set(SectionId.import, (out) => {
      out.unsigned(module.imports.length + module.memories.length - module.imported.memories);
      for (const { span } of module.imports) out.range(bytes, span.start, span.end);
      writeMemoryImports(module, limits, out);
    });
  else if (module.memories.length > module.imported.memories)
    contents.set(SectionId.memory, (out) => writeMemories(module, limits, out));
  const tables = module.sections.find(({ id }) => id === SectionId.table);
  if (tables)
    contents.set(SectionId.table, (out) => {
      let copied = tables.start;
      for (const { table, write } of tableLimits(module, limits)) {
        out.range(bytes, copied, table.limits.span.start);
        write(out);
        copied = table.limits.span.end;
      }
      out.range(bytes, copied, tables.end);
    });

  const out = new Writer(bytes.length + 256);
  out.range(bytes, 0, 8);
  const put = (id: number) => {
    const content = new Writer();
    contents.get(id)!(content);
    contents.delete(id);
    out.byte(id);
    out.unsigned(content.length);
    out.bytes(content.written);
  };
  for (const section of module.sections) {
    // An import section that was not there goes before the first section that follows it in the specification's order.
    if (contents.has(SectionId.import) && sectionOrder.indexOf(section.id) >= sectionOrder.indexOf(SectionId.import)) {
      put(SectionId.import);
      if (section.id === SectionId.import) continue;
    }
    if (section.id === SectionId.memory && importing) continue;
    if (contents.has(section.id)) put(section.id);
    else out.range(bytes, section.header, section.end);
  }
  return out.written.slice();
}

const elementFlags = { declarative: 0b10 };

function withoutDeclarative(module: Module): Uint8Array {
  const bytes = module.bytes.slice();
  for (const { mode, at } of module.elements) if (mode === "declarative") bytes[at]! ^= elementFlags.declarative;
  return bytes;
}
