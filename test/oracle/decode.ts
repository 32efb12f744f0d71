/**
 * Job: decode a module into plain data for the oracle, straight from the specification's binary grammar.
 * Never: share code with packages/instrument (an oracle that shares its decoder shares its mistakes), or validate.
 */
import { type Instruction, readInstructions } from "./instructions.ts";
import { Reader } from "./reader.ts";

/** `i32`, `i64`, `f32`, `f64`, `v128`, `i8`, `i16`, or `ref [null] <heap type or type index>`. */
export type ValueType = string;

export interface CompositeType {
  readonly kind: "func" | "struct" | "array";
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly fields: readonly { readonly type: ValueType; readonly mutable: boolean }[];
  readonly supertype: number | null;
  readonly final: boolean;
  /** Index of the first type of its recursion group, and the group's size. */
  readonly group: number;
  readonly groupSize: number;
}
export interface Limits {
  readonly minimum: bigint;
  readonly maximum: bigint | null;
  readonly is64: boolean;
  readonly shared: boolean;
}
export interface Table extends Limits {
  readonly type: ValueType;
  readonly initial: readonly Instruction[] | null;
}
export interface Global {
  readonly type: ValueType;
  readonly mutable: boolean;
  readonly initial: readonly Instruction[] | null;
}
export type External =
  | { readonly kind: "func"; readonly type: number }
  | { readonly kind: "table"; readonly table: Table }
  | { readonly kind: "memory"; readonly memory: Limits }
  | { readonly kind: "global"; readonly global: Global }
  | { readonly kind: "tag"; readonly type: number };
export type Import = { readonly module: string; readonly name: string } & External;
export interface Export {
  readonly name: string;
  readonly kind: External["kind"];
  readonly index: number;
}
export interface Segment {
  readonly mode: "active" | "passive" | "declared";
  /** Table or memory. */
  readonly target: number;
  readonly offset: readonly Instruction[] | null;
}
export interface ElementSegment extends Segment {
  readonly type: ValueType;
  readonly items: readonly (readonly Instruction[])[];
  /** Function indices rather than expressions (Wasmtime's start-up tells them apart). */
  readonly indices: boolean;
}
export interface DataSegment extends Segment {
  readonly bytes: Uint8Array;
}
export interface Code {
  readonly locals: readonly { readonly count: number; readonly type: ValueType }[];
  readonly body: readonly Instruction[];
}
export interface Module {
  readonly types: readonly CompositeType[];
  readonly imports: readonly Import[];
  /** The index spaces, imports first. Functions and tags as type indices. */
  readonly functions: readonly number[];
  readonly tables: readonly Table[];
  readonly memories: readonly Limits[];
  readonly globals: readonly Global[];
  readonly tags: readonly number[];
  readonly exports: readonly Export[];
  readonly start: number | null;
  readonly elements: readonly ElementSegment[];
  readonly data: readonly DataSegment[];
  readonly code: readonly Code[];
}

const kinds = ["func", "table", "memory", "global", "tag"] as const;

export function decode(bytes: Uint8Array): Module {
  const reader = new Reader(bytes);
  if (reader.u32le() !== 0x6d736100 || reader.u32le() !== 1) throw new Error("not a core module");
  const types: CompositeType[] = [];
  const imports: Import[] = [];
  const functions: number[] = [];
  const tables: Table[] = [];
  const memories: Limits[] = [];
  const globals: Global[] = [];
  const tags: number[] = [];
  let exports: Export[] = [];
  let start: number | null = null;
  let elements: ElementSegment[] = [];
  let data: DataSegment[] = [];
  let code: Code[] = [];
  while (!reader.done) {
    const id = reader.byte();
    const section = reader.take(reader.u());
    switch (id) {
      case 1:
        section.vector(() => recursionGroup(section, types));
        break;
      case 2:
        section.vector(() => {
          const entry: Import = { module: section.name(), name: section.name(), ...external(section) };
          imports.push(entry);
          if (entry.kind === "func") functions.push(entry.type);
          else if (entry.kind === "table") tables.push(entry.table);
          else if (entry.kind === "memory") memories.push(entry.memory);
          else if (entry.kind === "global") globals.push(entry.global);
          else tags.push(entry.type);
        });
        break;
      case 3:
        section.vector(() => functions.push(section.u()));
        break;
      case 4:
        section.vector(() => {
          const explicit = section.peek() === 0x40;
          if (explicit) section.skip(2);
          const table = tableType(section);
          tables.push(explicit ? { ...table, initial: readInstructions(section) } : table);
        });
        break;
      case 5:
        section.vector(() => memories.push(limits(section)));
        break;
      case 6:
        section.vector(() => globals.push({ ...globalType(section), initial: readInstructions(section) }));
        break;
      case 7:
        exports = section.vector(() => ({ name: section.name(), kind: kind(section.byte()), index: section.u() }));
        break;
      case 8:
        start = section.u();
        break;
      case 9:
        elements = section.vector(() => element(section));
        break;
      case 10:
        code = section.vector(() => {
          const body = section.take(section.u());
          const locals = body.vector(() => ({ count: body.u(), type: body.valueType() }));
          return { locals, body: readInstructions(body) };
        });
        break;
      case 11:
        data = section.vector(() => {
          const flags = section.u();
          const target = flags === 2 ? section.u() : 0;
          const offset = flags === 1 ? null : readInstructions(section);
          return { mode: flags === 1 ? "passive" : "active", target, offset, bytes: section.bytes(section.u()) };
        });
        break;
      case 13:
        section.vector(() => {
          section.byte();
          tags.push(section.u());
        });
        break;
      default: // custom sections and the data count say nothing that the oracle needs
    }
  }
  return { types, imports, functions, tables, memories, globals, tags, exports, start, elements, data, code };
}

function kind(byte: number): External["kind"] {
  const found = kinds[byte];
  if (found === undefined) throw new Error(`unknown external kind ${byte}`);
  return found;
}

function recursionGroup(reader: Reader, types: CompositeType[]): void {
  const group = types.length;
  const explicit = reader.peek() === 0x4e;
  if (explicit) reader.skip(1);
  const groupSize = explicit ? reader.u() : 1;
  for (let i = 0; i < groupSize; i++) {
    let supertype: number | null = null;
    let final = true;
    if (reader.peek() === 0x50 || reader.peek() === 0x4f) {
      final = reader.byte() === 0x4f;
      supertype = reader.vector(() => reader.u())[0] ?? null;
    }
    const shape = reader.byte();
    const field = () => ({ type: reader.valueType(), mutable: reader.byte() === 1 });
    const common = { supertype, final, group, groupSize, parameters: [], results: [], fields: [] };
    if (shape === 0x60) {
      const parameters = reader.vector(() => reader.valueType());
      const results = reader.vector(() => reader.valueType());
      types.push({ ...common, kind: "func", parameters, results });
    } else if (shape === 0x5f) types.push({ ...common, kind: "struct", fields: reader.vector(field) });
    else if (shape === 0x5e) types.push({ ...common, kind: "array", fields: [field()] });
    else throw new Error(`unknown composite type ${shape}`);
  }
}

function external(reader: Reader): External {
  const which = kind(reader.byte());
  switch (which) {
    case "func":
      return { kind: which, type: reader.u() };
    case "table":
      return { kind: which, table: tableType(reader) };
    case "memory":
      return { kind: which, memory: limits(reader) };
    case "global":
      return { kind: which, global: { ...globalType(reader), initial: null } };
    case "tag":
      reader.byte();
      return { kind: which, type: reader.u() };
  }
}

const globalType = (reader: Reader) => ({ type: reader.valueType(), mutable: reader.byte() === 1 });

function tableType(reader: Reader): Table {
  return { type: reader.valueType(), ...limits(reader), initial: null };
}

function limits(reader: Reader): Limits {
  const flags = reader.byte();
  const minimum = reader.u64();
  const maximum = (flags & 1) === 0 ? null : reader.u64();
  return { minimum, maximum, is64: (flags & 4) !== 0, shared: (flags & 2) !== 0 };
}

function element(reader: Reader): ElementSegment {
  const flags = reader.u();
  const mode = (flags & 1) === 0 ? "active" : (flags & 2) === 0 ? "passive" : "declared";
  const target = mode === "active" && (flags & 2) !== 0 ? reader.u() : 0;
  const offset = mode === "active" ? readInstructions(reader) : null;
  const indices = (flags & 4) === 0;
  let type: ValueType = "ref null func";
  if ((flags & 3) !== 0) {
    if (!indices) type = reader.valueType();
    else if (reader.byte() !== 0) throw new Error("unknown element kind");
  }
  if (indices && flags !== 0) type = "ref func";
  const plain = (op: number, a: number): Instruction => ({ op, a, b: 0, x: undefined, end: 0, otherwise: 0 });
  const items = reader.vector(() => (indices ? [plain(0xd2, reader.u()), plain(0x0b, 0)] : readInstructions(reader)));
  return { mode, target, offset, type, items, indices };
}
