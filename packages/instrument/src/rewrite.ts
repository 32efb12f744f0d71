/**
 * Job: the pipeline of the meter: read → refuse → plan and write each function → put the sections together.
 * Never: decide where charges go (analyze) or what an edit looks like (passes).
 *
 * All renumbering happens here: the imported counters stand in front of the module's own globals, which move up by
 * their number. Nothing else moves: memories become imports in order, types and globals of ours come last.
 */
import { startFuel } from "./analyze/startup.ts";
import { ExternalKind, type Module, readModule } from "./binary/module.ts";
import { Op } from "./binary/opcodes.ts";
import { SectionId, sectionOrder } from "./binary/sections.ts";
import { Writer } from "./binary/writer.ts";
import { type InstrumentOptions, type ResolvedOptions, requireBytes, resolveOptions } from "./options.ts";
import { meterCode } from "./passes/code.ts";
import type { CounterLayout } from "./passes/fuel.ts";
import { type LimitOptions, memoryMaximum, tableLimits, writeMemories, writeMemoryImports } from "./passes/limits.ts";
import { copyPatched, isDropped, type Moved, type Patch, writeNames, writeSection } from "./passes/sections.ts";
import { AddedTypes } from "./passes/types.ts";
import type { Instrumented } from "./report.ts";
import { admittedFeatures, pageSize, refuseLimits, refuseReservedNames, validateByEngine } from "./validate.ts";

/**
 * Meters a core module: the result counts the fuel that it uses in a 64-bit counter, and traps when it is spent.
 *
 * Pure and synchronous. The same bytes and options give the same output on every machine.
 *
 * @param bytes A binary module. It is not changed.
 * @returns The metered module and a report.
 * @throws {InstrumentError} where the module cannot be metered; `code` and `offset` say why and where.
 * @throws {TypeError | RangeError} where the options are wrong.
 *
 * @example
 * ```ts
 * const { bytes, report } = instrument(wasm);
 * const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 1_000_000n - report.startFuel);
 * const { instance } = await WebAssembly.instantiate(bytes, { capsule: { fuel } });
 * ```
 */
export function instrument(bytes: Uint8Array, options: InstrumentOptions = {}): Instrumented {
  requireBytes(bytes, "the module");
  return meterModule(bytes, resolveOptions(options));
}

/** The same, with options that are checked. */
export function meterModule(bytes: Uint8Array, resolved: ResolvedOptions): Instrumented {
  const admitted = admittedFeatures(resolved);
  const module = readModule(bytes, admitted);
  refuseReservedNames(module);
  refuseLimits(module, resolved);
  validateByEngine(module, admitted);
  return rewrite(module, resolved);
}

function rewrite(module: Module, options: ResolvedOptions): Instrumented {
  const { bytes, imported } = module;
  const importsMemory = options.memory === "import";
  const importsFuel = options.global === "import";
  const globalShift = (importsFuel ? 1 : 0) + (importsMemory ? 2 : 0);
  const firstOfGrowth = imported.globals + (importsFuel ? 1 : 0);
  const layout: CounterLayout = {
    fuel: importsFuel ? imported.globals : module.globals.length + globalShift,
    growth: importsMemory ? { refused: firstOfGrowth, pages: firstOfGrowth + 1 } : null,
  };
  const limits: LimitOptions = {
    maximumPages: options.maxMemory === null ? null : BigInt(options.maxMemory) / pageSize,
    maxTable: options.maxTable,
  };
  const cost = startFuel(module);
  const types = new AddedTypes(module);
  const code = meterCode(module, {
    admitted: admittedFeatures(options),
    layout,
    checkAtReturn: options.checkAtReturn,
    globalShift,
    types,
  });

  const moved: Moved = {
    firstGlobal: imported.globals,
    globalShift,
    threaded: code.threaded,
    copies: { first: module.functions.length, of: code.copies },
  };
  const patches: Patch[] = module.globalUses
    .filter((use) => globalShift > 0 && use.index >= imported.globals)
    .map((use) => ({ start: use.start, end: use.end, write: (out) => out.unsigned(use.index + globalShift) }));
  for (const { table, write } of tableLimits(module, limits))
    patches.push({ start: table.limits.span.start, end: table.limits.span.end, write });
  patches.sort((a, b) => a.start - b.start);

  /** Vector sections that grow at their end: how many items are added, and their bytes. */
  const additions = new Map<number, { count: number; write: (out: Writer) => void }>();
  const definedMemories = module.memories.length - imported.memories;
  const addedImports = globalShift + (importsMemory ? definedMemories : 0);
  if (types.count > 0) additions.set(SectionId.type, { count: types.count, write: (out) => out.bytes(types.written) });
  if (addedImports > 0)
    additions.set(SectionId.import, {
      count: addedImports,
      write: (out) => {
        if (importsMemory) writeMemoryImports(module, limits, out);
        const global = (name: string, type: number) => {
          out.name("capsule");
          out.name(name);
          out.bytes([ExternalKind.global, type, 1]);
        };
        if (importsFuel) global("fuel", 0x7e);
        if (importsMemory) for (const name of ["refused", "pages"]) global(name, 0x7f);
      },
    });
  if (!importsFuel) {
    additions.set(SectionId.global, {
      count: 1,
      write: (out) => {
        out.bytes([0x7e, 1, Op.i64Const]);
        out.signedBig(options.fuel - cost);
        out.byte(Op.end);
      },
    });
    additions.set(SectionId.export, {
      count: 1,
      write: (out) => {
        out.name("capsule:fuel");
        out.byte(ExternalKind.global);
        out.unsigned(layout.fuel);
      },
    });
  }
  const itemCount: Record<number, number> = {
    [SectionId.type]: module.typeGroups,
    [SectionId.import]: module.imports.length,
    [SectionId.global]: module.globals.length - imported.globals,
    [SectionId.export]: module.exports.length,
  };

  const kept = module.sections.filter((section) => section.id !== SectionId.code && !isDropped(section));
  const size = kept.reduce((sum, { header, end }) => sum + end - header, 0);
  const out = new Writer(size + code.bodies.length + 65536);
  out.range(bytes, 0, 8);
  /** Adds the sections that the input lacks and that stand before `place` in the order. */
  let placed = 0;
  const addMissing = (place: number) => {
    for (; placed < place; placed++) {
      const id = sectionOrder[placed]!;
      const addition = additions.get(id);
      if (!addition) continue;
      const content = new Writer();
      content.unsigned(addition.count);
      addition.write(content);
      writeSection(id, content.written, out);
    }
  };
  for (const section of module.sections) {
    if (section.id === SectionId.custom) {
      if (isDropped(section)) continue;
      if (section.name === "name") writeSection(0, writeNames(bytes, section, moved), out);
      else out.range(bytes, section.header, section.end);
      continue;
    }
    const place = sectionOrder.indexOf(section.id);
    addMissing(place);
    placed = place + 1;
    const addition = additions.get(section.id);
    if (section.id === SectionId.code) {
      const count = new Writer(8);
      count.unsigned(module.bodies.length + code.functionsAdded);
      out.byte(section.id);
      out.unsigned(count.length + code.bodies.length);
      out.bytes(count.written);
      out.bytes(code.bodies);
    } else if (section.id === SectionId.function) {
      const content = new Writer(section.end - section.start + 64);
      content.unsigned(code.types.length);
      for (const type of code.types) content.unsigned(type);
      writeSection(section.id, content.written, out);
    } else if (section.id === SectionId.memory) {
      if (importsMemory) continue;
      const content = new Writer();
      writeMemories(module, limits, content);
      writeSection(section.id, content.written, out);
    } else {
      const content = new Writer(section.end - section.start + 64);
      let start = section.start;
      if (addition) {
        const count = itemCount[section.id]!;
        content.unsigned(count + addition.count);
        while (bytes[start]! >= 0x80) start++;
        start++;
      }
      copyPatched(bytes, start, section.end, patches, content);
      addition?.write(content);
      writeSection(section.id, content.written, out);
    }
  }
  addMissing(sectionOrder.length);
  const output = out.take();
  return {
    bytes: output,
    report: {
      startFuel: cost,
      functions: module.bodies.length,
      functionsAdded: code.functionsAdded,
      blocks: code.blocks,
      decrements: code.decrements,
      checks: code.checks,
      plainDecrements: code.blocks,
      plainChecks: code.blocks,
      bytesBefore: bytes.length,
      bytesAfter: output.length,
      memories: module.memories.map((memory, index) => {
        const isImported = index < imported.memories;
        const maximum = isImported ? memory.maximum : memoryMaximum(memory, limits);
        return {
          minimumPages: Number(memory.minimum),
          maximumPages: maximum === null ? null : Number(maximum),
          memory64: memory.is64,
          imported: isImported || importsMemory,
        };
      }),
    },
  };
}
