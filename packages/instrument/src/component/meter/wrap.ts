/**
 * Job: put a component with code, and with components that have code, into one of ours: parent and child may not call each
 * other, so the bank must be beside both. The outer component imports what the guest imports, and exports what it exports.
 *
 * What imports are said to be refers to types, to aliases of what was imported before, and to nothing else: those
 * definitions are copied, in their order, with the indices that they get here.
 * Never: change the guest.
 */
import { InstrumentError } from "../../errors.ts";
import { ComponentSection as Id, type ReadComponent } from "../decode.ts";
import type { Definition, Sort } from "../model.ts";
import { quoted } from "../read/reader.ts";
import { type IndexUse, type Space, spaceOf, spaceOfCore } from "../read/scope.ts";
import { bankInFront, counterExport, writeBankArgument } from "./counter.ts";
import { Parts, single } from "./encode.ts";

const sortBytes: { readonly [Of in Sort]: readonly number[] } = {
  "core-module": [0x00, 0x11],
  func: [0x01],
  type: [0x03],
  component: [0x04],
  instance: [0x05],
};

/** The index space that a definition adds to. */
function spaceDefined(definition: Definition): Space | null {
  switch (definition.kind) {
    case "core-module":
      return "core module";
    case "core-instance":
      return "core instance";
    case "core-type":
      return "core type";
    case "component":
    case "instance":
    case "type":
      return definition.kind;
    case "alias": {
      const { target } = definition;
      if (target.kind === "core-export") return spaceOfCore(target.sort);
      return target.sort === "core-type" ? "core type" : spaceOf(target.sort);
    }
    case "canon":
      return definition.canon.kind === "lift" ? "func" : "core func";
    case "import":
      return spaceOf(definition.extern.kind);
    case "export":
      return spaceOf(definition.sort);
    case "start":
      return null;
    default:
      return definition satisfies never;
  }
}

/** Definitions that what is imported or exported is described with. */
const isCopied = (definition: Definition): boolean =>
  definition.kind === "import" ||
  definition.kind === "core-type" ||
  (definition.kind === "type" && definition.type.kind !== "resource") ||
  (definition.kind === "alias" && definition.target.kind === "export");

interface Placed {
  readonly definition: Definition;
  readonly section: number;
  readonly start: number;
  readonly end: number;
  /** Of the guest's own indices in it. */
  readonly uses: readonly IndexUse[];
  readonly space: Space | null;
  /** In its space. */
  readonly index: number;
}

/** All definitions of the outermost component, where they stand. */
function placed({ layout, places }: ReadComponent): Placed[] {
  const uses = places.uses.filter(({ scope }) => scope === layout.scope);
  const counts = new Map<Space, number>();
  const all: Placed[] = [];
  let next = 0;
  for (const { id, start, end, first, starts } of layout.sections) {
    // A core module, a component or a start function is a section of its own.
    const alone = id === Id.coreModule || id === Id.component || id === Id.start;
    for (const [i, at] of (alone ? [start] : starts).entries()) {
      const definition = layout.component.definitions[first + i]!;
      const until = alone ? end : (starts[i + 1] ?? end);
      const from = next;
      while (next < uses.length && uses[next]!.end <= until) next++;
      const space = spaceDefined(definition);
      const index = space === null ? 0 : (counts.get(space) ?? 0);
      if (space !== null) counts.set(space, index + 1);
      all.push({ definition, section: id, start: at, end: until, uses: uses.slice(from, next), space, index });
    }
  }
  return all;
}

export function wrap(read: ReadComponent, guest: Parts, fuel: bigint): Parts {
  return new Wrapper(read, fuel).around(guest);
}

class Wrapper {
  readonly #read: ReadComponent;
  readonly #parts = new Parts();
  readonly #counts: Map<Space, number>;
  /** By the guest's index: the index here. */
  readonly #here = new Map<Space, Map<number, number>>();

  constructor(read: ReadComponent, fuel: bigint) {
    const { bytes, layout } = read;
    const bank = bankInFront(true, fuel);
    this.#read = read;
    this.#counts = new Map(Object.entries(bank.moved) as [Space, number][]);
    this.#parts.add(bytes.subarray(layout.start, layout.start + 8), ...bank.sections);
  }

  around(guest: Parts): Parts {
    const definitions = placed(this.#read);
    const args: (Named & { readonly index: number })[] = [];
    for (const each of definitions) {
      const { definition, start } = each;
      const index = this.#copied(each);
      if (definition.kind !== "import") continue;
      if (index === null)
        throw new InstrumentError(
          "unsupported",
          `the import ${quoted(definition.name)} has a type of the component's own: it cannot be passed through`,
          start,
        );
      args.push({ name: definition.name, sort: definition.extern.kind, index });
    }
    const instance = this.#instantiate(guest, args);
    /** By the guest's index of a function: that of its type. */
    const types = new Map<number, number>();
    for (const each of definitions) {
      const { definition, index } = each;
      if (definition.kind === "canon" && definition.canon.kind === "lift") types.set(index, definition.canon.type);
      else if (definition.kind === "import" && definition.extern.kind === "func")
        types.set(index, definition.extern.type);
      else if (definition.kind === "export") {
        const { name, sort, extern } = definition;
        const type = extern?.kind === "func" ? extern.type : types.get(definition.index);
        if (sort === "func" && type !== undefined) types.set(index, type);
        this.#know(each, this.#passOn({ name, sort }, instance, sort === "func" && type !== undefined ? type : null));
      } else this.#copied(each);
    }
    this.#parts.add(...counterExport(true, (space) => this.#counts.get(space) ?? 0));
    return this.#parts;
  }

  #take(space: Space): number {
    const index = this.#counts.get(space) ?? 0;
    this.#counts.set(space, index + 1);
    return index;
  }

  #know({ space, index }: Placed, here: number): void {
    if (space === null) return;
    const known = this.#here.get(space) ?? new Map<number, number>();
    this.#here.set(space, known);
    known.set(index, here);
  }

  /** The index of a copy, made now where it can be: where everything is here that it refers to. */
  #copied(each: Placed): number | null {
    const { definition, section, start, end, uses, space, index } = each;
    if (space === null || !isCopied(definition)) return null;
    const known = this.#here.get(space)?.get(index);
    if (known !== undefined) return known;
    const moved = uses.map((use) => this.#here.get(use.space)?.get(use.index));
    if (moved.includes(undefined)) return null;
    this.#parts.add(
      single(section, (out) => {
        let copied = start;
        for (const [i, use] of uses.entries()) {
          out.range(this.#read.bytes, copied, use.start);
          if (use.signed) out.signed(moved[i]!);
          else out.unsigned(moved[i]!);
          copied = use.end;
        }
        out.range(this.#read.bytes, copied, end);
      }),
    );
    const here = this.#take(space);
    this.#know(each, here);
    return here;
  }

  #instantiate(guest: Parts, args: readonly (Named & { readonly index: number })[]): number {
    this.#parts.section(Id.component, guest);
    const component = this.#take("component");
    this.#parts.add(
      single(Id.instance, (out) => {
        out.byte(0x00);
        out.unsigned(component);
        out.unsigned(args.length + 1);
        for (const { name, sort, index } of args) {
          out.name(name);
          out.bytes(sortBytes[sort]);
          out.unsigned(index);
        }
        writeBankArgument(out);
      }),
    );
    return this.#take("instance");
  }

  /** Exports what the guest exports; `type`: the guest's index of a function's type, for what that type calls by name. */
  #passOn({ name, sort }: Named, instance: number, type: number | null): number {
    this.#parts.add(
      single(Id.alias, (out) => {
        out.bytes(sortBytes[sort]);
        out.byte(0x00);
        out.unsigned(instance);
        out.name(name);
      }),
    );
    const index = this.#take(spaceOf(sort));
    const given = type === null ? undefined : this.#here.get("type")?.get(type);
    this.#parts.add(
      single(Id.export, (out) => {
        out.byte(0x00);
        out.name(name);
        out.bytes(sortBytes[sort]);
        out.unsigned(index);
        out.byte(given === undefined ? 0x00 : 0x01);
        if (given === undefined) return;
        out.byte(0x01);
        out.unsigned(given);
      }),
    );
    return this.#take(spaceOf(sort));
  }
}

interface Named {
  readonly name: string;
  readonly sort: Sort;
}
