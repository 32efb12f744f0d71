/**
 * Job: read a module's sections into plain facts: index spaces, limits, names, and where in the input everything stands.
 * Never: read function bodies, or judge what a module may contain (validate.ts).
 * https://webassembly.github.io/spec/core/binary/modules.html
 */
import { InstrumentError } from "../errors.ts";
import { type Admitted, decode, Operators } from "./decode.ts";
import { Op } from "./opcodes.ts";
import { Reader } from "./reader.ts";
import { readSections, type Section, SectionId } from "./sections.ts";
import { type CompositeType, readTypes, type Span, skipValueType } from "./types.ts";

export const ExternalKind = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

export interface Limits {
  readonly minimum: bigint;
  readonly maximum: bigint | null;
  readonly is64: boolean;
  readonly shared: boolean;
  /** The limits in the input: flags, minimum, maximum. */
  readonly span: Span;
}

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: number;
  readonly span: Span;
}

export interface Export {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
  readonly at: number;
}

export interface Table {
  readonly limits: Limits;
  /** Holds function references, or references to what can hold them. */
  readonly functions: boolean;
  readonly initializer: ConstantExpression | null;
  readonly span: Span;
}

export interface Global {
  readonly references: boolean;
  /** Null for an imported global. */
  readonly initializer: ConstantExpression | null;
}

export interface ConstantExpression {
  /** Operators without the last `end`. */
  readonly operators: number;
  /** Opcode of the only operator; −1 where there are several. */
  readonly single: number;
  /** The value of a single `i32.const` or `i64.const`, unsigned and held to 2^53; −1 otherwise. */
  readonly offset: number;
  readonly functions: readonly number[];
  /** Elements of the arrays that it makes with a constant length. */
  readonly elements: number;
}

export interface ElementSegment {
  readonly mode: "active" | "passive" | "declarative";
  readonly table: number;
  readonly offset: ConstantExpression | null;
  readonly length: number;
  /** Function indices that it holds. */
  readonly functions: readonly number[];
  /** Null where the segment is a list of function indices. */
  readonly expressions: readonly ConstantExpression[] | null;
  /** Where its flags stand. */
  readonly at: number;
}

export interface DataSegment {
  readonly active: boolean;
  readonly memory: number;
  readonly offset: ConstantExpression | null;
  readonly length: number;
}

/** A global's index outside the code: it moves when a global is imported in front of it. */
export interface GlobalUse extends Span {
  readonly index: number;
}

export interface Module {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly types: readonly CompositeType[];
  /** Recursion groups: what the type section counts. */
  readonly typeGroups: number;
  readonly imports: readonly Import[];
  /** Type index of every function, the imported ones first. */
  readonly functions: readonly number[];
  readonly tables: readonly Table[];
  readonly memories: readonly Limits[];
  readonly globals: readonly Global[];
  readonly imported: {
    readonly functions: number;
    readonly tables: number;
    readonly memories: number;
    readonly globals: number;
  };
  readonly exports: readonly Export[];
  readonly start: number | null;
  readonly elements: readonly ElementSegment[];
  readonly data: readonly DataSegment[];
  /** Function bodies: declarations of locals and code, without the size in front. */
  readonly bodies: readonly Span[];
  readonly globalUses: readonly GlobalUse[];
}

function readLimits(reader: Reader): Limits {
  const start = reader.position;
  const flags = reader.byte();
  if (flags > 7)
    throw new InstrumentError("unsupported", `limits flags 0x${flags.toString(16)} are not supported`, start);
  const is64 = (flags & 4) !== 0;
  const read = () => (is64 ? reader.u64() : BigInt(reader.u32()));
  const minimum = read();
  const maximum = flags & 1 ? read() : null;
  return { minimum, maximum, is64, shared: (flags & 2) !== 0, span: { start, end: reader.position } };
}

/** Reads all of a module but its code. `admitted` judges the operators of constant expressions. */
export function readModule(bytes: Uint8Array, admitted: Admitted): Module {
  const sections = readSections(bytes);
  let types: CompositeType[] = [];
  let typeGroups = 0;
  const imports: Import[] = [];
  const functions: number[] = [];
  const tables: Table[] = [];
  const memories: Limits[] = [];
  const globals: Global[] = [];
  const exports: Export[] = [];
  const elements: ElementSegment[] = [];
  const data: DataSegment[] = [];
  const bodies: Span[] = [];
  const globalUses: GlobalUse[] = [];
  const imported = { functions: 0, tables: 0, memories: 0, globals: 0 };
  let start: number | null = null;
  const operators = new Operators();

  const constantExpression = (reader: Reader): ConstantExpression => {
    reader.position = decode(bytes, reader.position, reader.end, admitted, operators, true);
    const { count, opcode, first, position } = operators;
    const used: number[] = [];
    let elements = 0;
    for (let i = 0; i < count; i++) {
      if ((opcode[i] === Op.arrayNew || opcode[i] === Op.arrayNewDefault) && opcode[i - 1] === Op.i32Const)
        elements += first[i - 1]! >>> 0;
      if (opcode[i] === Op.globalGet)
        globalUses.push({ start: position[i]! + 1, end: position[i + 1]!, index: first[i]! });
      else if (opcode[i] === Op.refFunc) used.push(first[i]!);
    }
    const single = count === 2 ? opcode[0]! : -1;
    const value = first[0]!;
    const offset =
      single === Op.i32Const
        ? value >>> 0
        : single === Op.i64Const
          ? value < 0
            ? Number.MAX_SAFE_INTEGER
            : value
          : -1;
    return { operators: count - 1, single, offset, functions: used, elements };
  };

  const tableType = (reader: Reader) => {
    const functions = skipValueType(reader);
    return { functions, limits: readLimits(reader) };
  };

  const readers: Record<number, (reader: Reader) => void> = {
    [SectionId.type]: (reader) => {
      const read = readTypes(reader);
      types = read.types;
      typeGroups = read.groups;
    },
    [SectionId.import]: (reader) => {
      const count = reader.count("imports", 4);
      for (let i = 0; i < count; i++) {
        const at = reader.position;
        const module = reader.name();
        const name = reader.name();
        const kindAt = reader.position;
        const kind = reader.byte();
        switch (kind) {
          case ExternalKind.function:
            functions.push(reader.u32());
            imported.functions++;
            break;
          case ExternalKind.table: {
            const type = tableType(reader);
            tables.push({ ...type, initializer: null, span: { start: at, end: reader.position } });
            imported.tables++;
            break;
          }
          case ExternalKind.memory:
            memories.push(readLimits(reader));
            imported.memories++;
            break;
          case ExternalKind.global: {
            const references = skipValueType(reader);
            reader.byte();
            globals.push({ references, initializer: null });
            imported.globals++;
            break;
          }
          case ExternalKind.tag:
            reader.byte();
            reader.u32();
            break;
          default:
            throw new InstrumentError("unsupported", `import kind ${kind} is not known to this version`, kindAt);
        }
        imports.push({ module, name, kind, span: { start: at, end: reader.position } });
      }
    },
    [SectionId.function]: (reader) => {
      const count = reader.count("functions");
      for (let i = 0; i < count; i++) functions.push(reader.u32());
    },
    [SectionId.table]: (reader) => {
      const count = reader.count("tables", 3);
      for (let i = 0; i < count; i++) {
        const at = reader.position;
        const initialized = bytes[at] === 0x40;
        if (initialized) reader.skip(2);
        const type = tableType(reader);
        const initializer = initialized ? constantExpression(reader) : null;
        tables.push({ ...type, initializer, span: { start: at, end: reader.position } });
      }
    },
    [SectionId.memory]: (reader) => {
      const count = reader.count("memories", 2);
      for (let i = 0; i < count; i++) memories.push(readLimits(reader));
    },
    [SectionId.tag]: (reader) => {
      const count = reader.count("tags", 2);
      for (let i = 0; i < count; i++) {
        reader.byte();
        reader.u32();
      }
    },
    [SectionId.global]: (reader) => {
      const count = reader.count("globals", 4);
      for (let i = 0; i < count; i++) {
        const references = skipValueType(reader);
        reader.byte();
        globals.push({ references, initializer: constantExpression(reader) });
      }
    },
    [SectionId.export]: (reader) => {
      const count = reader.count("exports", 3);
      for (let i = 0; i < count; i++) {
        const at = reader.position;
        const name = reader.name();
        const kind = reader.byte();
        const indexAt = reader.position;
        const index = reader.u32();
        exports.push({ name, kind, index, at });
        if (kind === ExternalKind.global) globalUses.push({ start: indexAt, end: reader.position, index });
      }
    },
    [SectionId.start]: (reader) => {
      start = reader.u32();
    },
    [SectionId.element]: (reader) => {
      const count = reader.count("element segments", 2);
      for (let i = 0; i < count; i++) elements.push(elementSegment(reader));
    },
    [SectionId.dataCount]: (reader) => {
      reader.u32();
    },
    [SectionId.code]: (reader) => {
      const count = reader.count("function bodies");
      for (let i = 0; i < count; i++) {
        const size = reader.u32();
        const at = reader.position;
        reader.skip(size, "function body");
        bodies.push({ start: at, end: reader.position });
      }
    },
    [SectionId.data]: (reader) => {
      const count = reader.count("data segments", 2);
      for (let i = 0; i < count; i++) {
        const at = reader.position;
        const flags = reader.u32();
        if (flags > 2) reader.fail(`${flags} is no kind of data segment`, at);
        const memory = flags === 2 ? reader.u32() : 0;
        const offset = flags === 1 ? null : constantExpression(reader);
        const length = reader.u32();
        reader.skip(length, "data segment");
        data.push({ active: flags !== 1, memory, offset, length });
      }
    },
  };

  const elementSegment = (reader: Reader): ElementSegment => {
    const at = reader.position;
    const flags = reader.u32();
    if (flags > 7) reader.fail(`${flags} is no kind of element segment`, at);
    const mode = !(flags & 1) ? "active" : flags & 2 ? "declarative" : "passive";
    const table = mode === "active" && flags & 2 ? reader.u32() : 0;
    const offset = mode === "active" ? constantExpression(reader) : null;
    if (flags & 4) {
      if (flags !== 4) skipValueType(reader);
      const length = reader.count("elements", 2);
      const expressions: ConstantExpression[] = [];
      for (let i = 0; i < length; i++) expressions.push(constantExpression(reader));
      return { mode, table, offset, length, functions: expressions.flatMap((e) => e.functions), expressions, at };
    }
    if (flags & 3) reader.byte();
    const length = reader.count("elements");
    const indices: number[] = [];
    for (let i = 0; i < length; i++) indices.push(reader.u32());
    return { mode, table, offset, length, functions: indices, expressions: null, at };
  };

  for (const section of sections) {
    if (section.id === SectionId.custom) continue;
    const reader = new Reader(bytes, section.start, section.end);
    readers[section.id]!(reader);
    if (!reader.atEnd) reader.fail(`section ${section.id} is longer than its content`);
  }
  if (bodies.length !== functions.length - imported.functions)
    throw new InstrumentError(
      "malformed",
      `${functions.length - imported.functions} functions are declared, ${bodies.length} have a body`,
      sections.findLast(({ id }) => id === SectionId.code || id === SectionId.function)?.header ?? bytes.length,
    );
  return {
    bytes,
    sections,
    types,
    typeGroups,
    imports,
    functions,
    tables,
    memories,
    globals,
    imported,
    exports,
    start,
    elements,
    data,
    bodies,
    globalUses,
  };
}
