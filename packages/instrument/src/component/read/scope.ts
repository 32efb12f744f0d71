/**
 * Job: the index spaces of one component, component type or instance type while it is read: every index is held against
 * what was defined before it, every name against those of its scope.
 * Never: what an index stands for.
 */
import { mostInstances } from "../limits.ts";
import type { CoreSort, ExternType, Sort } from "../model.ts";
import { uniqueForm } from "../names.ts";
import { type ComponentReader, quoted } from "./reader.ts";

export type Space =
  | "func"
  | "type"
  | "component"
  | "instance"
  | "core func"
  | "core table"
  | "core memory"
  | "core global"
  | "core tag"
  | "core type"
  | "core module"
  | "core instance";

export const spaceOfCore = (sort: CoreSort): Space => `core ${sort}`;
export const spaceOf = (sort: Sort): Space => (sort === "core-module" ? "core module" : sort);

/** An index in the binary: the rewriter moves it. */
export interface IndexUse {
  readonly start: number;
  readonly end: number;
  readonly index: number;
  readonly space: Space;
  /** Encoded as a signed integer. */
  readonly signed: boolean;
  /** Whose index space it is of. */
  readonly scope: Scope;
}

/** Where a vector stands that the rewriter adds to. */
export interface VectorPlace {
  readonly count: number;
  readonly countStart: number;
  readonly countEnd: number;
  readonly end: number;
}

/** What the rewriter changes outside of core modules, in the order of the binary. */
export interface Places {
  readonly uses: IndexUse[];
  /** Declarations of every type of a core module. */
  readonly moduleTypes: VectorPlace[];
}

export class Scope {
  readonly parent: Scope | null;
  /** Of a component; false for the scope of a type. */
  readonly isComponent: boolean;
  readonly depth: number;
  /** Shared by all scopes of one binary. */
  readonly places: Places;
  readonly #counts: Partial<Record<Space, number>> = {};
  readonly #imported = new Set<string>();
  readonly #exported = new Set<string>();

  constructor(parent: Scope | null, isComponent: boolean) {
    this.parent = parent;
    this.isComponent = isComponent;
    this.depth = parent === null ? 0 : parent.depth + 1;
    this.places = parent?.places ?? { uses: [], moduleTypes: [] };
  }

  count(space: Space): number {
    return this.#counts[space] ?? 0;
  }

  /** One more in an index space. */
  define(space: Space, reader: ComponentReader, at: number): void {
    const count = this.count(space) + 1;
    const bounded = space === "instance" || space === "core instance" || space === "component";
    if (bounded && count > mostInstances)
      reader.limit(`the component has more than ${mostInstances} ${space}s: at most that many are read`, at);
    this.#counts[space] = count;
  }

  /** Reads an index of something that is there. */
  index(space: Space, reader: ComponentReader): number {
    const start = reader.position;
    return this.#held(space, reader.u32(), false, start, reader);
  }

  /** The same, in the encoding that shares its bytes with the primitive types: signed, and not negative. */
  typeIndex(reader: ComponentReader): number {
    const start = reader.position;
    const index = reader.s33();
    if (index < 0) reader.fail(`${index} is no index of a type`, start);
    return this.#held("type", index, true, start, reader);
  }

  #held(space: Space, index: number, signed: boolean, start: number, reader: ComponentReader): number {
    if (index >= this.count(space))
      reader.invalid(`${space} ${index} is not there: ${this.count(space)} are defined before`, start);
    this.places.uses.push({ start, end: reader.position, index, space, signed, scope: this });
    return index;
  }

  outer(count: number): Scope | null {
    let scope: Scope | null = this;
    for (let i = 0; i < count && scope !== null; i++) scope = scope.parent;
    return scope;
  }

  importName(name: string, reader: ComponentReader, at: number): void {
    nameOnce(this.#imported, "import", name, reader, at);
  }

  exportName(name: string, reader: ComponentReader, at: number): void {
    nameOnce(this.#exported, "export", name, reader, at);
  }

  /** An import or an export of this type takes the next index of its space. */
  defineExtern(extern: ExternType, reader: ComponentReader, at: number): void {
    this.define(spaceOf(extern.kind), reader, at);
  }
}

/** Holds that names are strongly unique. */
export function nameOnce(seen: Set<string>, what: string, name: string, reader: ComponentReader, at: number): void {
  const form = uniqueForm(name);
  if (seen.has(form)) reader.invalid(`${what} ${quoted(name)} is there twice, or is too much like another`, at);
  seen.add(form);
}
