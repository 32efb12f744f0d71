/**
 * Job: the pipeline of the meter: read → refuse → plan and write each function → put the sections together.
 * Never: decide where charges go (analyze) or what an edit looks like (passes).
 *
 * All renumbering happens here: the imported counters stand in front of the module's own globals, which move up by
 * their number. Nothing else moves: memories become imports in order, types and globals of ours come last.
 */
import { controlFlow } from "./analyze/control.ts";
import { estimateFrequencies } from "./analyze/frequency.ts";
import { placeOnSpanningTree, placePerBlock } from "./analyze/placement.ts";
import { planFunction, type Surroundings } from "./analyze/plan.ts";
import { startFuel } from "./analyze/startup.ts";
import { decode, Operators } from "./binary/decode.ts";
import { ExternalKind, type Module, readModule, SectionId, sectionOrder } from "./binary/module.ts";
import { Op } from "./binary/opcodes.ts";
import type { FunctionType } from "./binary/types.ts";
import { Writer } from "./binary/writer.ts";
import { InstrumentError } from "./errors.ts";
import { type InstrumentOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { type CounterLayout, maximumBodySize, maximumLocals, scratchLocals, writeFunction } from "./passes/fuel.ts";
import { type LimitOptions, memoryMaximum, tableLimits, writeMemories, writeMemoryImports } from "./passes/limits.ts";
import { copyPatched, isDropped, type Patch, writeNames, writeSection } from "./passes/sections.ts";
import type { Instrumented, InstrumentReport } from "./report.ts";
import { admittedFeatures, pageSize, readLocals, refuseLimits, refuseReservedNames, validateByEngine } from "./validate.ts";

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
  const resolved = resolveOptions(options);
  const admitted = admittedFeatures(resolved);
  const module = readModule(bytes, admitted);
  refuseReservedNames(module);
  refuseLimits(module, resolved);
  validateByEngine(module, admitted);
  return rewrite(module, resolved);
}

type Counts = Pick<InstrumentReport, "blocks" | "decrements" | "checks" | "plainDecrements" | "plainChecks">;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function rewrite(module: Module, options: ResolvedOptions): Instrumented {
  const { bytes, imported } = module;
  const importsRefused = options.memory === "import";
  const importsFuel = options.global === "import";
  const globalShift = (importsFuel ? 1 : 0) + (importsRefused ? 1 : 0);
  const layout: CounterLayout = {
    fuel: importsFuel ? imported.globals : module.globals.length + globalShift,
    refused: importsRefused ? imported.globals + (importsFuel ? 1 : 0) : null,
    globalShift,
  };
  const limits: LimitOptions = {
    maximumPages: options.maxMemory === null ? null : BigInt(options.maxMemory) / pageSize,
    maxTable: options.maxTable,
  };
  const cost = startFuel(module);
  const addedTypes = new Writer(16);
  let addedTypeCount = 0;
  const counts: Mutable<Counts> = { blocks: 0, decrements: 0, checks: 0, plainDecrements: 0, plainChecks: 0 };
  const code = meterCode(module, options, layout, counts, (type) => {
    addedTypes.byte(0x60);
    addedTypes.unsigned(0);
    addedTypes.unsigned(type.results);
    addedTypes.range(bytes, type.resultTypes.start, type.resultTypes.end);
    return module.types.length + addedTypeCount++;
  });

  const patches: Patch[] = module.globalUses
    .filter((use) => globalShift > 0 && use.index >= imported.globals)
    .map((use) => ({ start: use.start, end: use.end, write: (out) => out.unsigned(use.index + globalShift) }));
  for (const { table, write } of tableLimits(module, limits))
    patches.push({ start: table.limits.span.start, end: table.limits.span.end, write });
  patches.sort((a, b) => a.start - b.start);

  /** Vector sections that grow at their end: how many items are added, and their bytes. */
  const additions = new Map<number, { count: number; write: (out: Writer) => void }>();
  const definedMemories = module.memories.length - imported.memories;
  const addedImports = globalShift + (importsRefused ? definedMemories : 0);
  if (addedTypeCount > 0) additions.set(SectionId.type, { count: addedTypeCount, write: (out) => out.bytes(addedTypes.written) });
  if (addedImports > 0)
    additions.set(SectionId.import, {
      count: addedImports,
      write: (out) => {
        if (importsRefused) writeMemoryImports(module, limits, out);
        const global = (name: string, type: number) => {
          out.name("capsule");
          out.name(name);
          out.bytes([ExternalKind.global, type, 1]);
        };
        if (importsFuel) global("fuel", 0x7e);
        if (importsRefused) global("refused", 0x7f);
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

  const out = new Writer(bytes.length + code.length + 256);
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
      if (section.name === "name") writeSection(0, writeNames(bytes, section, imported.globals, globalShift), out);
      else out.range(bytes, section.header, section.end);
      continue;
    }
    const place = sectionOrder.indexOf(section.id);
    addMissing(place);
    placed = place + 1;
    const addition = additions.get(section.id);
    if (section.id === SectionId.code) {
      writeSection(section.id, code, out);
    } else if (section.id === SectionId.memory) {
      if (importsRefused) continue;
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
  const output = out.written.slice();
  return {
    bytes: output,
    report: {
      startFuel: cost,
      functions: module.bodies.length,
      ...counts,
      bytesBefore: bytes.length,
      bytesAfter: output.length,
      memories: module.memories.map((memory, index) => {
        const isImported = index < imported.memories;
        const maximum = isImported ? memory.maximum : memoryMaximum(memory, limits);
        return {
          minimumPages: Number(memory.minimum),
          maximumPages: maximum === null ? null : Number(maximum),
          memory64: memory.is64,
          imported: isImported || importsRefused,
        };
      }),
    },
  };
}

/** Plans and writes every function body; returns the content of the code section. */
function meterCode(
  module: Module,
  options: ResolvedOptions,
  layout: CounterLayout,
  counts: Mutable<Counts>,
  addType: (type: FunctionType) => number,
): Uint8Array {
  const { bytes, types, imported } = module;
  const admitted = admittedFeatures(options);
  const operators = new Operators();
  const surroundings: Surroundings = {
    importedFunctions: imported.functions,
    indirectReachesHost: indirectReachesHost(module),
    firstMovedGlobal: layout.globalShift > 0 ? imported.globals : Number.POSITIVE_INFINITY,
  };
  const resultBlockTypes = new Map<number, Uint8Array>();
  const out = new Writer(bytes.length);
  out.unsigned(module.bodies.length);
  const body = new Writer(4096);

  module.bodies.forEach(({ start, end }, index) => {
    const typeIndex = module.functions[imported.functions + index]!;
    const type = types[typeIndex];
    if (type?.kind !== "function") throw new InstrumentError("malformed", `type ${typeIndex} is no function type`, start);
    const locals = readLocals(bytes, start, end);
    decode(bytes, locals.end, end, admitted, operators);
    const flow = controlFlow(operators, types, type.results, () => undefined);

    const wideLength = (at: number): boolean => hasWideLength(module, operators, at);
    const total = type.params + locals.declared;
    let form: "local" | "plain" = "local";
    const plan = () => {
      if (form === "local") estimateFrequencies(flow);
      const placement = form === "local" ? placeOnSpanningTree(flow) : placePerBlock(flow);
      return planFunction(operators, flow, placement, form, options.global === "export", surroundings);
    };
    let planned = plan();
    const scratch = scratchLocals({ operators, wideLength }, planned.edits);
    if (total + 1 + scratch.narrow + scratch.wide > maximumLocals) {
      form = "plain";
      planned = plan();
    }
    counts.blocks += flow.blocks.length;
    counts.plainDecrements += flow.blocks.length;
    counts.plainChecks += flow.blocks.length;
    counts.decrements += planned.decrements;
    counts.checks += planned.checks;

    body.length = 0;
    writeFunction(
      {
        bytes,
        operators,
        flow,
        plan: planned,
        locals: { groups: locals.groups, start: locals.start, end: locals.end, total },
        wideLength,
        resultBlockType: () => {
          let written = resultBlockTypes.get(typeIndex);
          if (!written) {
            written = resultBlockType(module, type, addType);
            resultBlockTypes.set(typeIndex, written);
          }
          return written;
        },
      },
      layout,
      body,
    );
    if (body.length > maximumBodySize)
      throw new InstrumentError(
        "limit",
        `metered, function ${imported.functions + index} is ${body.length} bytes long; engines allow ${maximumBodySize}`,
        start,
      );
    out.unsigned(body.length);
    out.range(body.written, 0, body.length);
  });
  return out.written;
}

function resultBlockType(module: Module, type: FunctionType, addType: (type: FunctionType) => number): Uint8Array {
  if (type.results === 0) return Uint8Array.of(0x40);
  if (type.results === 1) return module.bytes.subarray(type.resultTypes.start, type.resultTypes.end);
  const out = new Writer(8);
  out.signed(addType(type));
  return out.written;
}

function hasWideLength(module: Module, operators: Operators, at: number): boolean {
  const one = operators.first[at]!;
  const other = operators.second[at]!;
  switch (operators.opcode[at]) {
    case 0x40:
    case Op.memoryFill:
      return module.memories[one]?.is64 === true;
    case Op.memoryCopy:
      return module.memories[one]?.is64 === true && module.memories[other]?.is64 === true;
    case 0x20f:
    case Op.tableFill:
      return module.tables[one]?.limits.is64 === true;
    case Op.tableCopy:
      return module.tables[one]?.limits.is64 === true && module.tables[other]?.limits.is64 === true;
    default:
      return false;
  }
}

/**
 * Whether `call_indirect` or `call_ref` may reach a function that is not this module's: an imported function whose
 * reference is taken, or any reference that can come in from outside.
 */
function indirectReachesHost(module: Module): boolean {
  const { imported } = module;
  const isImported = (index: number) => index < imported.functions;
  if (module.elements.some((segment) => segment.functions.some(isImported))) return true;
  if (module.globals.some(({ initializer }) => initializer?.functions.some(isImported))) return true;
  if (module.tables.some(({ initializer }) => initializer?.functions.some(isImported))) return true;
  // A `ref.func` in code needs the function to be declared: in an element segment, a global or an export.
  if (module.exports.some((entry) => entry.kind === ExternalKind.function && isImported(entry.index))) return true;
  return referencesCross(module);
}

/** Whether references can come in from outside: tables, globals or calls that are shared with it and hold references. */
function referencesCross(module: Module): boolean {
  const crossing = (kind: number, count: number, holds: (index: number) => boolean): boolean => {
    for (let i = 0; i < count; i++) if (holds(i)) return true;
    return module.exports.some((entry) => entry.kind === kind && holds(entry.index));
  };
  return (
    crossing(ExternalKind.table, module.imported.tables, (i) => module.tables[i]?.functions === true) ||
    crossing(ExternalKind.global, module.imported.globals, (i) => module.globals[i]?.references === true) ||
    crossing(ExternalKind.function, module.imported.functions, (i) => {
      const type = module.types[module.functions[i]!];
      return type?.kind === "function" && type.references;
    }) ||
    // An exception may carry references; a shared tag is enough to let them in.
    module.imports.some((entry) => entry.kind === ExternalKind.tag) ||
    module.exports.some((entry) => entry.kind === ExternalKind.tag)
  );
}
