/** Job: what a generated function may refer to, and the random choices all generators share. Never: emit control flow. */
import { s, u } from "../support/encode.ts";
import type { Random } from "./random.ts";

export type Type = "i32" | "i64" | "f64";
export const typeByte: Readonly<Record<Type, number>> = { i32: 0x7f, i64: 0x7e, f64: 0x7c };

export interface Signature {
  readonly parameters: readonly Type[];
  readonly results: readonly Type[];
}
/** What every function of the module may use. Types, functions, tags and table entries have indices of the whole module. */
export interface World {
  readonly types: readonly Signature[];
  /** Type index of every function, imported ones first. */
  readonly functions: readonly number[];
  readonly imported: number;
  readonly globals: readonly Type[];
  /** Type index of every tag. */
  readonly tags: readonly number[];
  readonly tableSize: number;
  /** Functions that the table holds (entry i holds function i) and that `ref.func` may name; calls of others are direct. */
  readonly addressable: ReadonlySet<number>;
  readonly exported: ReadonlySet<number>;
  readonly dataSegments: number;
  readonly elementSegments: number;
  readonly exceptions: "none" | "new" | "legacy";
  readonly tailCalls: boolean;
  readonly functionReferences: boolean;
  readonly memory64: boolean;
  readonly growth: boolean;
}

export interface Label {
  readonly types: readonly Type[];
  /** Branches to it go back: left to the loops themselves mostly, since they make programs endless. */
  readonly loop: boolean;
}

/** The state of one function under construction. */
export class FunctionContext {
  readonly random: Random;
  readonly world: World;
  readonly signature: Signature;
  /** This function's index: it calls only functions above it, or itself with a smaller depth. */
  readonly index: number;
  readonly locals: Type[];
  readonly labels: Label[] = [];
  /** Operators left to emit: keeps functions small. */
  room: number;
  /** Whether it calls itself already: twice would be exponential. */
  recursive = false;
  /** Locals that statements must leave alone: induction variables whose loop relies on them, mostly. */
  readonly kept = new Set<number>();

  constructor(random: Random, world: World, signature: Signature, index: number, room: number) {
    this.random = random;
    this.world = world;
    this.signature = signature;
    this.index = index;
    this.locals = [...signature.parameters];
    this.room = room;
    this.labels.push({ types: signature.results, loop: false });
  }

  newLocal(type: Type): number {
    this.locals.push(type);
    return this.locals.length - 1;
  }

  /** A local of the type, made if there is none or now and then. */
  local(type: Type, writable = false): number {
    const found = this.locals.flatMap((t, i) => (t === type && !(writable && this.kept.has(i)) ? [i] : []));
    return found.length === 0 || this.random.chance(10) ? this.newLocal(type) : this.random.pick(found);
  }

  address(value: number): number[] {
    return this.world.memory64 ? [0x42, ...s(value)] : [0x41, ...s(value)];
  }
}

const interesting32 = [
  0, 1, 2, 3, 5, 7, 8, 10, 16, 100, 255, 256, 1000, -1, -2, -3, -5, -10, 0x7fffffff, -0x80000000, 0x7ffffff0,
  -0x7ffffff0, 0x40000000,
];
const interesting64 = [
  0n,
  1n,
  2n,
  7n,
  10n,
  100n,
  -1n,
  -2n,
  -10n,
  0x7fffffffffffffffn,
  -0x8000000000000000n,
  0x100000000n,
  0x7ffffffffffffff0n,
  0xffffffffn,
];

export function constant(random: Random, type: Type): number[] {
  switch (type) {
    case "i32":
      return [0x41, ...s(random.chance(70) ? random.pick(interesting32) : random.below(64))];
    case "i64":
      return [0x42, ...s(random.chance(70) ? random.pick(interesting64) : BigInt(random.below(64)))];
    case "f64": {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(
        0,
        random.pick([0, 1, -1, 0.5, 3.75, 100, -1e9, 1e10, 1e20, Number.NaN]),
        true,
      );
      return [0x44, ...bytes];
    }
  }
}

export const blockType = (world: World, parameters: readonly Type[], results: readonly Type[]): number[] | null => {
  if (parameters.length === 0 && results.length === 0) return [0x40];
  if (parameters.length === 0 && results.length === 1) return [typeByte[results[0]!]];
  const same = (a: readonly Type[], b: readonly Type[]) => a.join() === b.join();
  const index = world.types.findIndex((t) => same(t.parameters, parameters) && same(t.results, results));
  return index < 0 ? null : s(index);
};

export const get = (local: number): number[] => [0x20, ...u(local)];
export const set = (local: number): number[] => [0x21, ...u(local)];
export const tee = (local: number): number[] => [0x22, ...u(local)];
