/**
 * Job: meter a whole component: every core module in it, with a counter that the component brings along.
 *
 * Each component with core instances gets two definitions in front of its own: core module 0, which holds the counter, and
 * its instance, core instance 0. Every index of a core module or core instance moves up by one, also in outer aliases
 * from inside. Every core instantiation gets the argument "capsule": core instance 0. So no index that the guest wrote
 * means the counter, and no name leads to it: guests' modules may not import from "capsule", and metered ones do not export
 * what they import.
 *
 * Before: (core module $m …) (core instance (instantiate 0))
 * After:  (core module $provider (global (export "fuel") …)) (core instance (instantiate 0))
 *         (core module $m (import "capsule" "fuel" …) …) (core instance (instantiate 1 (with "capsule" (instance 0))))
 *         … (export "capsule:fuel/counter" …)
 *
 * Known limit: components share nothing, so a nested component's instances cannot reach the outer counter. Each instance
 * with code has a counter of its own, which starts at the budget; the report says how many.
 * Never: decide how a module is metered (../rewrite.ts).
 */
import { Writer } from "../binary/writer.ts";
import { InstrumentError } from "../errors.ts";
import { type InstrumentOptions, type ResolvedOptions, resolveOptions } from "../options.ts";
import type { InstrumentReport } from "../report.ts";
import { meterModule } from "../rewrite.ts";
import {
  counterExport,
  counterInterface,
  counterModule,
  counterSections,
  writeCounterArgument,
  writeCounterDeclaration,
} from "./counter.ts";
import { ComponentSection, type Layout, type ReadComponent, readComponent, type SectionLayout } from "./decode.ts";
import { countInstances, type Instances } from "./instantiate.ts";
import type { Component } from "./model.ts";
import { moveNames, nameSection } from "./name-section.ts";
import { quoted } from "./reader.ts";
import { type InstrumentedComponent, sumReports } from "./report.ts";
import type { VectorPlace } from "./scope.ts";

/** As for modules; limits hold for each core module, and for each instance of it. */
export interface ComponentOptions extends Pick<InstrumentOptions, "maxMemory" | "maxTable" | "features"> {
  /** Budget of the component, 1 … 2^63 − 1; the counter starts at it, less the start-up fuel. */
  readonly fuel: bigint;
}

/**
 * Meters a component: the result counts the fuel that its core modules use together, and traps when it is spent. Any engine
 * for components runs it. It exports `capsule:fuel/counter` besides: `remaining: func() -> s64` and
 * `set-remaining: func(fuel: s64)`.
 *
 * Pure and synchronous. The same bytes and options give the same output on every machine.
 *
 * @param bytes A binary component. It is not changed.
 * @throws {InstrumentError} where the component, or a core module in it, cannot be metered; `code` and `offset` say why and where.
 * @throws {TypeError | RangeError} where the options are wrong.
 *
 * @example
 * ```ts
 * const { bytes, report } = instrumentComponent(component, { fuel: 100_000_000n });
 * console.log(report.modules.length, report.startFuel);
 * ```
 */
export function instrumentComponent(bytes: Uint8Array, options: ComponentOptions): InstrumentedComponent {
  for (const name of ["global", "memory"])
    if (name in options)
      throw new TypeError(`a component has no option ${name}: its counter and its memories are always its own`);
  const resolved = resolveOptions({ ...options, global: "export" });
  const read = readComponent(bytes);
  refuseReservedNames(read);
  const modules = meterModules(read, { ...resolved, global: "import", fuel: 0n, checkAtReturn: true });
  const instances = countInstances(read.component);
  const startFuel = (numbers: readonly number[]) =>
    numbers.reduce((sum, number) => sum + modules[number]!.report.startFuel, 0n);

  const write = new ComponentWriter(read, modules, (component) => resolved.fuel - startOf(instances.get(component)));
  const output = write.whole();

  function startOf(of: Instances | undefined): bigint {
    const [first, ...others] = (of?.started ?? []).map(startFuel);
    if (others.some((other) => other !== first))
      throw new InstrumentError(
        "unsupported",
        "a nested component is given core modules with different start-up fuel: its counter cannot start at both",
      );
    return first ?? 0n;
  }

  let total = 0n;
  let counters = 0;
  for (const { count, started } of instances.values()) {
    // All instances of one component start at the same fuel: checked above.
    total += BigInt(count) * startFuel(started[0]!);
    if (started.some((numbers) => numbers.length > 0)) counters += count;
  }
  const report = sumReports(
    modules.map(({ report }) => report),
    { startFuel: total, counters, bytesBefore: bytes.length, bytesAfter: output.length },
  );
  return { bytes: output, report };
}

interface Metered {
  readonly bytes: Uint8Array;
  readonly report: InstrumentReport;
}

function meterModules(read: ReadComponent, options: ResolvedOptions): Metered[] {
  const base = read.bytes.byteOffset;
  return read.modules.map((module, number) => {
    try {
      return meterModule(module, options);
    } catch (error) {
      if (!(error instanceof InstrumentError)) throw error;
      const at = module.byteOffset - base + (error.offset ?? 0);
      const message = error.message.replace(/ \(at byte \d+\)$/, "");
      throw new InstrumentError(error.code, `core module ${number}: ${message}`, at);
    }
  });
}

/** Refuses names that would give the guest the counter, or hide it. */
function refuseReservedNames({ component, layout }: ReadComponent): void {
  const inLayout = (of: Layout) => {
    for (const { reservedAt } of of.instantiations)
      if (reservedAt !== null)
        throw new InstrumentError(
          "reserved_name",
          `a core instance is given the argument "${counterModule}", which is reserved for the meter: rename it`,
          reservedAt,
        );
    for (const { nested } of of.sections) if (nested !== null) inLayout(nested);
  };
  inLayout(layout);
  for (const definition of component.definitions) {
    if (definition.kind !== "import" && definition.kind !== "export") continue;
    if (definition.name !== counterInterface && !definition.name.startsWith(`${counterInterface}@`)) continue;
    throw new InstrumentError(
      "already_metered",
      `the component ${definition.kind}s ${quoted(definition.name)}: it was metered before; meter the original`,
    );
  }
}

/** Replaces the bytes from `start` up to `end` of the input. */
interface Patch {
  readonly start: number;
  readonly end: number;
  readonly write: (out: Writer) => void;
}

/** Parts of the output in order, and their length: nothing is copied before the end. */
class Parts {
  readonly all: Uint8Array[] = [];
  length = 0;

  add(part: Uint8Array): void {
    this.all.push(part);
    this.length += part.length;
  }

  section(id: number, length: number): void {
    const header = new Writer(8);
    header.byte(id);
    header.unsigned(length);
    this.add(header.take());
  }
}

class ComponentWriter {
  readonly #read: ReadComponent;
  readonly #modules: readonly Metered[];
  /** Fuel that a component's counter starts at. */
  readonly #remaining: (component: Component) => bigint;
  readonly #patches: readonly Patch[];
  /** Patches and modules are used in the order of the binary. */
  #patch = 0;
  #module = 0;

  constructor(read: ReadComponent, modules: readonly Metered[], remaining: (component: Component) => bigint) {
    this.#read = read;
    this.#modules = modules;
    this.#remaining = remaining;
    this.#patches = patchesOf(read);
  }

  whole(): Uint8Array {
    const { all, length } = this.#component(this.#read.layout);
    const output = new Uint8Array(length);
    let at = 0;
    for (const part of all) {
      output.set(part, at);
      at += part.length;
    }
    return output;
  }

  #component(layout: Layout): Parts {
    const { bytes } = this.#read;
    const parts = new Parts();
    const counted = hasCounter(layout);
    const outermost = layout.scope.parent === null;
    parts.add(bytes.subarray(layout.start, layout.start + 8));
    if (counted) for (const part of counterSections(this.#remaining(layout.component), outermost)) parts.add(part);
    for (const section of layout.sections) this.#section(section, counted, parts);
    if (counted && outermost) for (const part of counterExport(layout.scope)) parts.add(part);
    return parts;
  }

  #section(section: SectionLayout, counted: boolean, parts: Parts): void {
    const { bytes } = this.#read;
    if (section.id === ComponentSection.coreModule) {
      const module = this.#modules[this.#module++]!.bytes;
      parts.section(section.id, module.length);
      parts.add(module);
    } else if (section.nested !== null) {
      const nested = this.#component(section.nested);
      parts.section(section.id, nested.length);
      for (const part of nested.all) parts.add(part);
    } else if (section.id === ComponentSection.custom && section.name === nameSection && counted) {
      const content = new Writer(64);
      content.name(nameSection);
      content.bytes(moveNames(bytes, section.start, section.end, 1));
      parts.section(section.id, content.length);
      parts.add(content.take());
    } else this.#patched(section, parts);
  }

  #patched(section: SectionLayout, parts: Parts): void {
    const { bytes } = this.#read;
    const inside = () => {
      const patch = this.#patches[this.#patch];
      return patch !== undefined && patch.end <= section.end ? patch : null;
    };
    if (inside() === null) {
      parts.add(bytes.subarray(section.header, section.end));
      return;
    }
    const content = new Writer(section.end - section.start + 256);
    let copied = section.start;
    for (let patch = inside(); patch !== null; patch = inside()) {
      content.range(bytes, copied, patch.start);
      patch.write(content);
      copied = patch.end;
      this.#patch++;
    }
    content.range(bytes, copied, section.end);
    parts.section(section.id, content.length);
    parts.add(content.take());
  }
}

const hasCounter = (layout: Layout): boolean => layout.instantiations.length > 0;

/** All that changes outside of core modules: indices that move up, and the counter as an argument. */
function patchesOf({ layout, places }: ReadComponent): readonly Patch[] {
  const counted = new Set<unknown>();
  const patches: Patch[] = [];
  const grow = ({ count, countStart, countEnd, end }: VectorPlace, write: Patch["write"]) => {
    patches.push(
      { start: countStart, end: countEnd, write: (out) => out.unsigned(count + 1) },
      { start: end, end, write },
    );
  };
  const visit = (of: Layout) => {
    if (hasCounter(of)) counted.add(of.scope);
    for (const place of of.instantiations) grow(place, writeCounterArgument);
    for (const { nested } of of.sections) if (nested !== null) visit(nested);
  };
  visit(layout);
  for (const place of places.moduleTypes) grow(place, writeCounterDeclaration);
  for (const { start, end, index, scope } of places.uses)
    if (counted.has(scope)) patches.push({ start, end, write: (out) => out.unsigned(index + 1) });
  return patches.sort((a, b) => a.start - b.start || a.end - b.end);
}
