/** Job: the entities that live while modules run: functions, memories, tables, globals, tags, references, the meter. Never: execute. */
import type { Code, CompositeType, Module, ValueType } from "./decode.ts";
import type { TypeIdentity } from "./types.ts";

/** i32 and f32 (bits) as numbers in the int32 range, i64 and f64 (bits) as signed bigints, v128 as 16 bytes, references as they are. */
export type Value = number | bigint | Uint8Array | Reference;
export type Reference = null | WasmFunction | HostFunction | Aggregate | I31 | Caught | HostReference;

export class Trap extends Error {}
/** More operators than the run was allowed: the oracle gives up, the run may be endless. */
export class StepLimit extends Error {}
/** The oracle's own limits (huge memories): the run cannot be judged. */
export class Unsupported extends Error {}
export class Thrown extends Error {
  readonly exception: Caught;
  constructor(exception: Caught) {
    super("uncaught exception");
    this.exception = exception;
  }
}

/** What has been consumed, and how many operators may still run. One for all instances that share a counter. */
export interface Meter {
  consumed: number;
  steps: number;
}

export interface WasmFunction {
  readonly kind: "wasm";
  readonly type: TypeIdentity;
  readonly signature: CompositeType;
  readonly code: Code;
  readonly instance: Instance;
}
export interface HostFunction {
  readonly kind: "host";
  readonly type: TypeIdentity;
  readonly signature: CompositeType;
  readonly call: (values: Value[]) => Value[];
}
export type Callee = WasmFunction | HostFunction;

export interface Tag {
  readonly type: TypeIdentity;
  readonly arity: number;
}
export class Caught {
  readonly tag: Tag;
  readonly values: readonly Value[];
  constructor(tag: Tag, values: readonly Value[]) {
    this.tag = tag;
    this.values = values;
  }
}
/** A struct or an array. */
export class Aggregate {
  readonly type: TypeIdentity;
  readonly shape: CompositeType;
  readonly items: Value[];
  constructor(type: TypeIdentity, shape: CompositeType, items: Value[]) {
    this.type = type;
    this.shape = shape;
    this.items = items;
  }
}
export class I31 {
  readonly value: number;
  constructor(value: number) {
    this.value = value & 0x7fffffff;
  }
}
export class HostReference {
  readonly host: unknown;
  constructor(host: unknown) {
    this.host = host;
  }
}

export interface Global {
  value: Value;
  readonly type: ValueType;
  readonly mutable: boolean;
}
export interface Table {
  items: Reference[];
  readonly maximum: number;
  readonly is64: boolean;
}

const page = 65536;
/** The oracle holds memories as arrays; a run that wants more is not judged. */
const mostPages = 4096;

export class Memory {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  readonly maximum: bigint;
  readonly is64: boolean;

  constructor(minimum: bigint, maximum: bigint | null, is64: boolean) {
    if (minimum > BigInt(mostPages)) throw new Unsupported(`a memory of ${minimum} pages`);
    this.bytes = new Uint8Array(Number(minimum) * page);
    this.view = new DataView(this.bytes.buffer);
    this.maximum = maximum ?? (is64 ? 262144n : 65536n);
    this.is64 = is64;
  }

  get pages(): number {
    return this.bytes.length / page;
  }

  /** The old size in pages, or -1. */
  grow(by: bigint): number {
    const old = this.pages;
    if (BigInt(old) + by > this.maximum || (!this.is64 && BigInt(old) + by > 65536n)) return -1;
    if (BigInt(old) + by > BigInt(mostPages)) throw new Unsupported(`growing a memory by ${by} pages`);
    const bytes = new Uint8Array((old + Number(by)) * page);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    return old;
  }
}

export interface Instance {
  readonly module: Module;
  readonly types: readonly TypeIdentity[];
  readonly meter: Meter;
  readonly functions: Callee[];
  readonly tables: Table[];
  readonly memories: Memory[];
  readonly globals: Global[];
  readonly tags: Tag[];
  /** Emptied when dropped. */
  readonly elements: Reference[][];
  readonly data: Uint8Array[];
  readonly exports: Map<string, Entity>;
}
export type Entity =
  | { readonly kind: "func"; readonly entity: Callee }
  | { readonly kind: "table"; readonly entity: Table }
  | { readonly kind: "memory"; readonly entity: Memory }
  | { readonly kind: "global"; readonly entity: Global }
  | { readonly kind: "tag"; readonly entity: Tag };

export function defaultValue(type: ValueType): Value {
  if (type === "i64" || type === "f64") return 0n;
  if (type === "v128") return new Uint8Array(16);
  return type.startsWith("ref") ? null : 0;
}
