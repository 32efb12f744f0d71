/**
 * Job: write the memory and table types of a metered module: memories as imports or with a maximum, tables always with
 * a maximum.
 * Never: judge limits (validate.ts refused what does not fit).
 *
 * Before:  (memory 2)  (table 10 funcref)
 * After:   (import "capsule" "memory0" (memory 2))   with memory: "import"
 *          (memory 2 512)                            with maxMemory: 32 MiB
 *          (table 10 10000000 funcref)
 *
 * Defined memories become imports in index order, after the module's own imports: no memory index changes. Several
 * tables share `maxTable`: each may grow by an equal part of what their minima leave.
 */
import { ExternalKind, type Limits, type Module, type Table } from "../binary/module.ts";
import type { Writer } from "../binary/writer.ts";

export interface LimitOptions {
  readonly maximumPages: bigint | null;
  readonly maxTable: number;
}

const smaller = (one: bigint | null, other: bigint | null): bigint | null =>
  one === null ? other : other === null || one < other ? one : other;

/** The maximum that a defined memory gets, in pages; null: none. */
export const memoryMaximum = (memory: Limits, options: LimitOptions): bigint | null =>
  smaller(memory.maximum, options.maximumPages);

function writeLimits(limits: Limits, maximum: bigint | null, out: Writer): void {
  out.byte((limits.is64 ? 4 : 0) | (maximum === null ? 0 : 1));
  out.unsignedBig(limits.minimum);
  if (maximum !== null) out.unsignedBig(maximum);
}

export function writeMemoryImports(module: Module, options: LimitOptions, out: Writer): void {
  module.memories.forEach((memory, index) => {
    if (index < module.imported.memories) return;
    out.name("capsule");
    out.name(`memory${index}`);
    out.byte(ExternalKind.memory);
    writeLimits(memory, memoryMaximum(memory, options), out);
  });
}

/** The content of the memory section. */
export function writeMemories(module: Module, options: LimitOptions, out: Writer): void {
  const defined = module.memories.slice(module.imported.memories);
  out.unsigned(defined.length);
  for (const memory of defined) writeLimits(memory, memoryMaximum(memory, options), out);
}

/** The limits of each defined table, as patches of the table section. */
export function tableLimits(module: Module, options: LimitOptions): { table: Table; write: (out: Writer) => void }[] {
  const defined = module.tables.slice(module.imported.tables);
  const minima = defined.reduce((sum, table) => sum + table.limits.minimum, 0n);
  const part = defined.length === 0 ? 0n : (BigInt(options.maxTable) - minima) / BigInt(defined.length);
  return defined.map((table) => ({
    table,
    write: (out) => writeLimits(table.limits, smaller(table.limits.maximum, table.limits.minimum + part), out),
  }));
}
