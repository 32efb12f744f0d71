/**
 * Job: make what a decoded module imports: functions that return zeros and note that they were called, globals of 0,
 * memories and tables as declared. Never: give two runs different worlds.
 */
import type { Limits, Module, ValueType } from "../oracle/decode.ts";
import { type Bytes, module as encode, name, section, u, vector } from "./encode.ts";

export interface ImportNotes {
  /** Called at every host call, with "module.name", before it returns. */
  readonly called: (name: string) => void;
}

export function zero(type: ValueType): number | bigint | null {
  if (type === "i64") return 0n;
  return type.startsWith("ref") ? null : 0;
}

export function hostImports(module: Module, notes: ImportNotes): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  const queues = new Map<string, WebAssembly.ImportValue[]>();
  for (const entry of module.imports) {
    const key = JSON.stringify([entry.module, entry.name]);
    const queue = queues.get(key) ?? [];
    queues.set(key, queue);
    queue.push(make(module, entry, notes));
    imports[entry.module] ??= {};
    // A name may be imported twice, as a function and as a table: instantiation reads imports in order, once each.
    let next = 0;
    const get = () => queue[next++ % queue.length];
    if (queue.length === 1) Object.defineProperty(imports[entry.module], entry.name, { get, enumerable: true });
  }
  return imports;
}

function make(module: Module, entry: Module["imports"][number], notes: ImportNotes): WebAssembly.ImportValue {
  switch (entry.kind) {
    case "func": {
      const results = module.types[entry.type]!.results.map(zero);
      const called = `${entry.module}.${entry.name}`;
      return () => {
        notes.called(called);
        return results.length === 0 ? undefined : results.length === 1 ? results[0] : results;
      };
    }
    case "memory":
      return makeMemory(entry.memory.minimum, entry.memory.maximum, entry.memory.is64);
    case "table": {
      const { minimum, maximum, is64, type } = entry.table;
      if (type === "ref null exn") return exceptionReferences(section(4, vector([[0x69, ...range(entry.table)]])), 1);
      const limits = descriptor(minimum, maximum, is64, { element: jsType(type) });
      return new WebAssembly.Table(limits as unknown as WebAssembly.TableDescriptor);
    }
    case "global": {
      const { type, mutable } = entry.global;
      if (type === "ref null exn")
        return exceptionReferences(section(6, vector([[0x69, mutable ? 1 : 0, 0xd0, 0x69, 0x0b]])), 3);
      return new WebAssembly.Global({ value: jsType(type), mutable }, zero(type) as unknown as never);
    }
    case "tag":
      return new WebAssembly.Tag({
        parameters: module.types[entry.type]!.parameters.map(jsType),
      }) as object as WebAssembly.ImportValue;
  }
}

/** A table or global of `exnref`, which the JavaScript API cannot make, from a module that exports nothing else. */
function exceptionReferences(definition: Bytes, kind: number): WebAssembly.ImportValue {
  const bytes = encode([definition, section(7, vector([[...name("it"), kind, 0]]))]);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports["it"] as WebAssembly.ImportValue;
}

const range = ({ minimum, maximum, is64 }: Limits) => [
  (maximum === null ? 0 : 1) | (is64 ? 4 : 0),
  ...u(minimum),
  ...(maximum === null ? [] : u(maximum)),
];

/** The JavaScript API's name of a type. */
function jsType(type: ValueType): WebAssembly.ValueType {
  if (type === "ref null func") return "anyfunc";
  return (type.startsWith("ref null ") ? `${type.slice(9)}ref` : type) as WebAssembly.ValueType;
}

export function makeMemory(minimum: bigint, maximum: bigint | null, is64: boolean): WebAssembly.Memory {
  return new WebAssembly.Memory(descriptor(minimum, maximum, is64, {}) as unknown as WebAssembly.MemoryDescriptor);
}

function descriptor(minimum: bigint, maximum: bigint | null, is64: boolean, more: object): object {
  const size = (value: bigint) => (is64 ? value : Number(value));
  return {
    ...more,
    initial: size(minimum),
    ...(maximum === null ? {} : { maximum: size(maximum) }),
    ...(is64 ? { address: "i64" } : {}),
  };
}
