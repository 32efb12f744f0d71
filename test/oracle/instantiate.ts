/** Job: make an instance from a decoded module and its imports, run its start, charge its start-up. Never: look for imports by itself. */

import { bulk } from "./bulk.ts";
import type { External, Module } from "./decode.ts";
import type { Instruction } from "./instructions.ts";
import { Activation, invoke } from "./interpret.ts";
import { startupPrice } from "./startup.ts";
import {
  type Callee,
  defaultValue,
  type Entity,
  type Global,
  type Instance,
  Memory,
  type Meter,
  type Reference,
  type Table,
  type Tag,
  Unsupported,
  type Value,
} from "./store.ts";
import { identities } from "./types.ts";

export type Resolve = (
  entry: { readonly module: string; readonly name: string } & External,
  instance: Instance,
) => Entity;

/** `meter.consumed` holds the start-up's price before the first operator runs, as a host that subtracts it beforehand. */
export function instantiate(module: Module, meter: Meter, resolve: Resolve): Instance {
  const instance: Instance = {
    module,
    types: identities(module),
    meter,
    functions: [],
    tables: [],
    memories: [],
    globals: [],
    tags: [],
    elements: [],
    data: module.data.map(({ bytes }) => bytes),
    exports: new Map(),
  };
  for (const entry of module.imports) {
    const { kind, entity } = resolve(entry, instance);
    if (kind !== entry.kind) throw new Error(`import ${entry.module}.${entry.name} is a ${kind}`);
    spaces(instance)[kind].push(entity);
  }
  for (const code of module.code) {
    const index = module.functions[instance.functions.length]!;
    instance.functions.push({
      kind: "wasm",
      type: instance.types[index]!,
      signature: module.types[index]!,
      code,
      instance,
    });
  }
  for (const index of module.tags.slice(instance.tags.length))
    instance.tags.push({ type: instance.types[index]!, arity: module.types[index]!.parameters.length });
  for (const { type, mutable, initial } of module.globals.slice(instance.globals.length))
    instance.globals.push({ type, mutable, value: evaluate(instance, initial!) });
  for (const { minimum, maximum, is64, initial, type } of module.tables.slice(instance.tables.length)) {
    if (minimum > 1_000_000n) throw new Unsupported(`a table of ${minimum} elements`);
    const value = (initial === null ? defaultValue(type) : evaluate(instance, initial)) as Reference;
    instance.tables.push({
      items: new Array<Reference>(Number(minimum)).fill(value),
      maximum: Number(maximum ?? 10_000_000n),
      is64,
    });
  }
  for (const { minimum, maximum, is64, shared } of module.memories.slice(instance.memories.length)) {
    if (shared) throw new Unsupported("shared memory");
    instance.memories.push(new Memory(minimum, maximum, is64));
  }
  for (const { items } of module.elements)
    instance.elements.push(items.map((item) => evaluate(instance, item) as Reference));
  for (const { name, kind, index } of module.exports)
    instance.exports.set(name, { kind, entity: spaces(instance)[kind][index]! } as Entity);

  const before = meter.consumed;
  segments(instance);
  // The lengths of active segments are part of the start-up's price, where Wasmtime charges them at all.
  meter.consumed = before + startupPrice(module);
  if (module.start !== null) invoke(instance.functions[module.start]!, []);
  return instance;
}

function spaces(instance: Instance): Record<External["kind"], (Callee | Table | Memory | Global | Tag)[]> {
  return {
    func: instance.functions,
    table: instance.tables,
    memory: instance.memories,
    global: instance.globals,
    tag: instance.tags,
  };
}

/** A constant expression runs as a body of its own; what it costs is the start-up's business. */
function evaluate(instance: Instance, body: readonly Instruction[]): Value {
  const signature = {
    parameters: [],
    results: ["any"],
    fields: [],
    kind: "func",
    supertype: null,
    final: true,
    group: 0,
    groupSize: 1,
  } as const;
  const type = { id: -1, kind: "func", supertype: null } as const;
  const { consumed } = instance.meter;
  const result = new Activation({ kind: "wasm", type, signature, code: { locals: [], body }, instance }, []).run();
  instance.meter.consumed = consumed;
  return (result as Value[])[0]!;
}

function segments(instance: Instance): void {
  const { module } = instance;
  module.elements.forEach(({ mode, target, offset, items }, index) => {
    if (mode === "active") {
      const stack = [evaluate(instance, offset!), 0, items.length];
      bulk({ op: 0xfc00c, a: index, b: target, x: undefined, end: 0, otherwise: 0 }, instance, stack);
    }
    if (mode !== "passive") instance.elements[index] = [];
  });
  module.data.forEach(({ mode, target, offset, bytes }, index) => {
    if (mode === "passive") return;
    const stack = [evaluate(instance, offset!), 0, bytes.length];
    bulk({ op: 0xfc008, a: index, b: target, x: undefined, end: 0, otherwise: 0 }, instance, stack);
    instance.data[index] = new Uint8Array();
  });
}
