/**
 * Job: write a metered component: the guest's definitions in their order with their indices moved, ours in front, between
 * and behind.
 * Never: decide what is shared (plan.ts), nor what ours look like (counter.ts).
 */
import type { Writer } from "../../binary/writer.ts";
import { InstrumentError } from "../../errors.ts";
import { ComponentSection, type Layout, type ReadComponent, type SectionLayout } from "../decode.ts";
import { mostInstances } from "../limits.ts";
import type { Definition } from "../model.ts";
import type { IndexUse, Scope, Space, VectorPlace } from "../read/scope.ts";
import {
  bankInFront,
  counterExport,
  counterInFront,
  crossingSections,
  type Front,
  nothingInFront,
  settlingSection,
  sharedInFront,
  writeBankArgument,
  writeCounterArgument,
  writeCounterDeclaration,
} from "./counter.ts";
import { Parts, section } from "./encode.ts";
import { moveNames, nameSection } from "./name-section.ts";
import { hasCode, type SharingPlan } from "./plan.ts";
import { wrap } from "./wrap.ts";

/** Of canonical options: an index of a core function follows. */
const postReturnOption = 0x05;

/** Replaces the bytes from `start` up to `end` of the input. */
interface Patch {
  readonly start: number;
  readonly end: number;
  readonly use: IndexUse | null;
  readonly write: (out: Writer) => void;
}

/** What the indices of one component are in the output. */
class Numbering {
  readonly front: Front;
  /** Start functions ran, and the bank was not told what they spent. */
  unsettled = false;
  /** Between these ours may stand: each of the guest's has a number of its own. */
  readonly #between: { readonly [Of in "core func" | "core instance"]: { moved: number[]; next: number } };

  constructor(front: Front) {
    this.front = front;
    const from = (space: Space) => ({ moved: [], next: front.moved[space] ?? 0 });
    this.#between = { "core func": from("core func"), "core instance": from("core instance") };
  }

  /** The next number of a space that has one for each definition of ours and of the guest's. */
  take(space: "core func" | "core instance"): number {
    return this.#between[space].next++;
  }

  taken(space: "core func" | "core instance"): number {
    return this.#between[space].next;
  }

  /** The guest's next definition has this number. */
  define(space: "core func" | "core instance", number = this.take(space)): void {
    this.#between[space].moved.push(number);
  }

  moved(space: Space, index: number): number {
    if (space === "core func" || space === "core instance") return this.#between[space].moved[index] ?? index;
    return index + (this.front.moved[space] ?? 0);
  }
}

export class ComponentWriter {
  readonly #read: ReadComponent;
  readonly #plan: SharingPlan;
  /** The metered core modules. */
  readonly #modules: readonly Uint8Array[];
  /** What the counter starts at. */
  readonly #fuel: bigint;
  readonly #fronts = new Map<Scope, Front>();
  readonly #numberings = new Map<Scope, Numbering>();
  readonly #patches: readonly Patch[];
  /** Indices that mean something of ours instead, by their place. */
  readonly #replaced = new Map<number, number>();
  /** Patches and modules are used in the order of the binary. */
  #patch = 0;
  #module = 0;

  constructor(read: ReadComponent, plan: SharingPlan, modules: readonly Uint8Array[], fuel: bigint) {
    this.#read = read;
    this.#plan = plan;
    this.#modules = modules;
    this.#fuel = fuel;
    this.#patches = this.#allPatches();
  }

  whole(): Uint8Array {
    const output = this.#component(this.#read.layout);
    return (this.#plan.wrapped ? wrap(this.#read, output, this.#fuel) : output).joined();
  }

  /** Of the output. */
  #isOutermost(layout: Layout): boolean {
    return layout.scope.parent === null && !this.#plan.wrapped;
  }

  #front(layout: Layout): Front {
    const { shared, passes, crossings, lenders } = this.#plan;
    if (!shared) return hasCode(layout) ? counterInFront(this.#fuel) : nothingInFront;
    if (!passes(layout)) return nothingInFront;
    const bank = bankInFront(this.#isOutermost(layout), this.#fuel);
    return hasCode(layout) ? sharedInFront(bank, this.#fuel, crossings(layout), lenders) : bank;
  }

  #component(layout: Layout): Parts {
    const { bytes } = this.#read;
    const { shared } = this.#plan;
    const numbering = new Numbering(this.#fronts.get(layout.scope)!);
    const { front } = numbering;
    this.#numberings.set(layout.scope, numbering);
    const parts = new Parts();
    parts.add(bytes.subarray(layout.start, layout.start + 8), ...front.sections);
    for (const section of layout.sections) this.#section(section, layout, numbering, parts);
    if (shared && hasCode(layout)) {
      this.#settle(numbering, parts);
      if (numbering.taken("core instance") > mostInstances)
        throw new InstrumentError(
          "limit",
          `a component inside would have more than ${mostInstances} core instances, as each function that crosses its border takes two`,
        );
    }
    const count = (space: Space) =>
      space === "core func" ? numbering.taken(space) : layout.scope.count(space) + (front.moved[space] ?? 0);
    if (this.#isOutermost(layout) && front !== nothingInFront) parts.add(...counterExport(shared, count));
    return parts;
  }

  #section(layoutOf: SectionLayout, layout: Layout, numbering: Numbering, parts: Parts): void {
    const { bytes } = this.#read;
    const { id, start, end, name, nested, first, starts } = layoutOf;
    const definitions = layout.component.definitions.slice(first, first + starts.length);
    switch (id) {
      case ComponentSection.coreModule:
        parts.add(section(id, (out) => out.bytes(this.#modules[this.#module++]!)));
        return;
      case ComponentSection.component:
        parts.section(id, this.#component(nested!));
        return;
      case ComponentSection.custom:
        if (name !== nameSection || numbering.front === nothingInFront) break;
        parts.add(
          section(id, (out) => {
            out.name(nameSection);
            out.bytes(moveNames(bytes, start, end, (space, index) => numbering.moved(space, index)));
          }),
        );
        return;
      case ComponentSection.coreInstance:
        for (const _ of definitions) numbering.define("core instance");
        numbering.unsettled = this.#plan.settles(layout);
        break;
      case ComponentSection.instance:
        // What is instantiated may have start functions too: they begin with what these left.
        this.#settle(numbering, parts);
        break;
      case ComponentSection.alias:
        for (const definition of definitions)
          if (
            definition.kind === "alias" &&
            definition.target.kind === "core-export" &&
            definition.target.sort === "func"
          )
            numbering.define("core func");
        break;
      case ComponentSection.type:
        this.#destructors(definitions, end, layout, numbering, parts);
        break;
      case ComponentSection.canon:
        for (const [index, at] of starts.entries())
          this.#canon(definitions[index]!, at, starts[index + 1] ?? end, layout, numbering, parts);
        return;
      default:
    }
    if (this.#next(end) === null) parts.add(bytes.subarray(layoutOf.header, end));
    else parts.add(section(id, (out) => this.#copy(start, end, out)));
  }

  /** Puts ours in front of the destructors in a type section that ends at `end`. */
  #destructors(
    definitions: readonly Definition[],
    end: number,
    layout: Layout,
    numbering: Numbering,
    parts: Parts,
  ): void {
    for (const definition of definitions) {
      const crossing = this.#plan.crossing(layout, definition);
      if (definition.kind !== "type" || definition.type.kind !== "resource" || crossing === null) continue;
      const { destructor } = definition.type;
      if (destructor === null) continue;
      const coreFunction = numbering.moved("core func", destructor);
      const number = this.#cross(crossing, { coreFunction, postReturn: null }, numbering, parts);
      this.#replaced.set(this.#destructorPlace(end), number);
    }
  }

  /** One canonical definition, in a section of its own: what a lifted function crosses with stands before it, a lowered one's behind. */
  #canon(definition: Definition, start: number, end: number, layout: Layout, numbering: Numbering, parts: Parts): void {
    if (definition.kind !== "canon") return;
    const { canon } = definition;
    const crossing = this.#plan.crossing(layout, definition);
    if (canon.kind === "lift" && crossing !== null) {
      const coreFunction = numbering.moved("core func", canon.coreFunction);
      const { postReturn: given } = canon.options;
      const postReturn = given === null ? null : numbering.moved("core func", given);
      const number = this.#cross(crossing, { coreFunction, postReturn }, numbering, parts);
      // Behind the bytes that say that it is lifted, and a function.
      this.#replaced.set(start + 2, number);
      if (postReturn !== null) this.#replaced.set(this.#postReturnPlace(end), numbering.take("core func"));
    }
    parts.add(
      section(ComponentSection.canon, (out) => {
        out.unsigned(1);
        this.#copy(start, end, out);
      }),
    );
    if (canon.kind === "lift") return;
    const number = numbering.take("core func");
    const lowered = { coreFunction: number, postReturn: null };
    numbering.define("core func", crossing === null ? number : this.#cross(crossing, lowered, numbering, parts));
  }

  #settle(numbering: Numbering, parts: Parts): void {
    if (!numbering.unsettled) return;
    numbering.unsettled = false;
    numbering.take("core instance");
    parts.add(settlingSection(numbering.front.counter));
  }

  /**
   * Puts a function of ours between a core function and what is beyond the border; its number. Where there is a
   * `post-return`, the next number is that of ours around it.
   */
  #cross(
    crossing: number,
    of: { readonly coreFunction: number; readonly postReturn: number | null },
    numbering: Numbering,
    parts: Parts,
  ): number {
    const instance = numbering.take("core instance");
    numbering.take("core instance");
    parts.add(...crossingSections(crossing, of, numbering.front.counter, instance));
    return numbering.take("core func");
  }

  /** The next patch, if it stands before `end`. */
  #next(end: number): Patch | null {
    const patch = this.#patches[this.#patch];
    return patch !== undefined && patch.end <= end ? patch : null;
  }

  /** Where the next destructor in a type section that ends at `end` is named: nothing else there is a core function. */
  #destructorPlace(end: number): number {
    for (let i = this.#patch; this.#patches[i]!.end <= end; i++) {
      const { use, start } = this.#patches[i]!;
      if (use?.space === "core func" && !this.#replaced.has(start)) return start;
    }
    throw new Error("a destructor has no place");
  }

  /** Where the `post-return` of the next lifted function, which ends at `end`, is named: behind the option's byte. */
  #postReturnPlace(end: number): number {
    for (let i = this.#patch; this.#patches[i]!.end <= end; i++) {
      const { use, start } = this.#patches[i]!;
      if (use?.space === "core func" && !this.#replaced.has(start) && this.#read.bytes[start - 1] === postReturnOption)
        return start;
    }
    throw new Error("a post-return has no place");
  }

  #copy(start: number, end: number, out: Writer): void {
    let copied = start;
    for (let patch = this.#next(end); patch !== null; patch = this.#next(end)) {
      out.range(this.#read.bytes, copied, patch.start);
      patch.write(out);
      copied = patch.end;
      this.#patch++;
    }
    out.range(this.#read.bytes, copied, end);
  }

  /** All that changes outside of core modules, in the order of the binary. */
  #allPatches(): readonly Patch[] {
    const { layout, places } = this.#read;
    const patches: Patch[] = [];
    const grow = ({ count, countStart, countEnd, end }: VectorPlace, write: Patch["write"]) => {
      patches.push(
        { start: countStart, end: countEnd, use: null, write: (out) => out.unsigned(count + 1) },
        { start: end, end, use: null, write },
      );
    };
    const visit = (of: Layout) => {
      const front = this.#front(of);
      this.#fronts.set(of.scope, front);
      for (const place of of.instantiations) grow(place, (out) => writeCounterArgument(out, front.counter));
      for (const { component, place } of of.inner) {
        const target = this.#plan.target(of, component);
        if (target !== null && this.#plan.passes(target)) grow(place, writeBankArgument);
      }
      for (const { nested } of of.sections) if (nested !== null) visit(nested);
    };
    visit(layout);
    for (const place of places.moduleTypes) grow(place, writeCounterDeclaration);
    for (const use of places.uses)
      if (this.#fronts.get(use.scope)?.moved[use.space] !== undefined)
        patches.push({ start: use.start, end: use.end, use, write: (out) => this.#writeUse(use, out) });
    return patches.sort((a, b) => a.start - b.start || a.end - b.end);
  }

  #writeUse({ start, index, space, signed, scope }: IndexUse, out: Writer): void {
    const number = this.#replaced.get(start) ?? this.#numberings.get(scope)?.moved(space, index) ?? index;
    if (signed) out.signed(number);
    else out.unsigned(number);
  }
}
