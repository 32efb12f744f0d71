/**
 * Job: decide how the fuel is shared: which components hold a counter, through which the bank passes, which functions cross
 * a border and of what core type they are, and what instantiation costs.
 * Never: write.
 */
import { readSections, SectionId } from "../../binary/sections.ts";
import { InstrumentError } from "../../errors.ts";
import type { Layout, ReadComponent } from "../decode.ts";
import type { Component, Definition } from "../model.ts";
import { type Environment, type FunctionItem, resolveComponent, typeAt } from "../resolve.ts";
import type { Crossing } from "./core.ts";
import { Flattener, type Signature } from "./flatten.ts";

export interface SharingPlan {
  /** Components inside have code too: all pass what they spend through one bank. */
  readonly shared: boolean;
  /** The outermost one has code as well: it is put into a component of ours. */
  readonly wrapped: boolean;
  /** Whether a component gets the bank's instance: it has code, or instantiates one that gets it. */
  readonly passes: (layout: Layout) => boolean;
  /** The component that an index of components means where it is one of the binary. */
  readonly target: (layout: Layout, component: number) => Layout | null;
  /** Kinds of functions that cross the border, in the order of their core modules. */
  readonly crossings: (layout: Layout) => readonly Crossing[];
  /** The number among those of the function that a definition lifts, lowers or drops with; null where nothing stands between. */
  readonly crossing: (layout: Layout, definition: Definition) => number | null;
  /** Whether code runs while a component is instantiated: core modules of it have start functions. */
  readonly settles: (layout: Layout) => boolean;
  /** How often each core module is instantiated. */
  readonly instances: readonly number[];
  /** Component instances with core instances. */
  readonly counters: number;
  /** Those of them with a function that has a `post-return`. */
  readonly lenders: number;
}

export const hasCode = (layout: Layout): boolean => layout.instantiations.length > 0;

export function planSharing({ component, layout, modules }: ReadComponent, memory64: boolean): SharingPlan {
  const { targets, passing } = followComponents(layout);
  const shared = [...passing].some((each) => each !== layout);
  if (shared && memory64)
    throw new InstrumentError(
      "unsupported",
      "components with code are inside each other and have memories of 64-bit addresses: they cannot share a counter yet",
    );

  const all = new Map<Component, Map<Definition, Crossing>>();
  const instances = modules.map(() => 0);
  const hasStart = modules.map((module) => readSections(module).some(({ id }) => id === SectionId.start));
  const starting = new Set<Component>();
  let counters = 0;
  let lenders = 0;
  const flattener = new Flattener();
  resolveComponent(component, (each, started, environment) => {
    for (const module of started) instances[module]!++;
    if (started.length > 0) counters++;
    if (started.some((module) => hasStart[module])) starting.add(each);
    if (!shared) return;
    const found = all.get(each) ?? crossings(each, environment, flattener);
    all.set(each, found);
    if (started.length > 0 && [...found.values()].some(({ postReturn }) => postReturn)) lenders++;
  });

  const distinct = new Map<Layout, { list: Crossing[]; of: Map<string, number> }>();
  const numbered = (each: Layout) => {
    let found = distinct.get(each);
    if (found === undefined) {
      found = { list: [], of: new Map() };
      for (const crossing of all.get(each.component)?.values() ?? []) {
        if (found.of.has(keyOf(crossing))) continue;
        found.of.set(keyOf(crossing), found.list.length);
        found.list.push(crossing);
      }
      distinct.set(each, found);
    }
    return found;
  };
  return {
    shared,
    wrapped: shared && hasCode(layout),
    passes: (each) => shared && passing.has(each),
    target: (each, index) => targets.get(each)?.[index] ?? null,
    crossings: (each) => numbered(each).list,
    crossing: (each, definition) => {
      const crossing = hasCode(each) ? all.get(each.component)?.get(definition) : undefined;
      return crossing === undefined ? null : numbered(each).of.get(keyOf(crossing))!;
    },
    settles: (each) => shared && starting.has(each.component),
    instances,
    counters,
    lenders,
  };
}

const keyOf = ({ params, results, postReturn }: Crossing) => `${params.join()}-${results.join()}-${postReturn}`;
/** Of destructors, and of what drops. */
const dropping: Crossing = { params: ["i32"], results: [], postReturn: false };

function crossings(component: Component, environment: Environment, flattener: Flattener): Map<Definition, Crossing> {
  const found = new Map<Definition, Crossing>();
  for (const definition of component.definitions) {
    if (definition.kind === "type") {
      if (definition.type.kind === "resource" && definition.type.destructor !== null) found.set(definition, dropping);
      continue;
    }
    if (definition.kind !== "canon") continue;
    const { canon } = definition;
    let signature: Signature | null = null;
    const postReturn = canon.kind === "lift" && canon.options.postReturn !== null;
    if (canon.kind === "resource-drop") signature = dropping;
    else if (canon.kind === "lift") signature = flattener.signature(typeAt(environment, canon.type), "lift");
    else if (canon.kind === "lower") {
      const item = environment.items.func[canon.function];
      signature = flattener.signature(item?.kind === "func" ? (item as FunctionItem).type : null, "lower");
    } else continue;
    if (signature === null)
      throw new InstrumentError("unsupported", `the type of a function that is ${canon.kind}ed cannot be followed`);
    found.set(definition, { ...signature, postReturn });
  }
  return found;
}

/** What each component's index space of components holds, and which components get the bank, those inside first. */
function followComponents(outermost: Layout) {
  const targets = new Map<Layout, (Layout | null)[]>();
  const passing = new Set<Layout>();
  const visit = (layout: Layout, outer: readonly (Layout | null)[][]) => {
    const own: (Layout | null)[] = [];
    targets.set(layout, own);
    const scopes = [own, ...outer];
    const nested = layout.sections.flatMap(({ nested }) => (nested === null ? [] : [nested]));
    for (const definition of layout.component.definitions) {
      switch (definition.kind) {
        case "component": {
          const inner = nested.shift()!;
          visit(inner, scopes);
          own.push(inner);
          break;
        }
        case "alias": {
          const { target } = definition;
          if (target.kind !== "core-export" && target.sort === "component")
            own.push(target.kind === "outer" ? (scopes[target.count]?.[target.index] ?? null) : null);
          break;
        }
        case "import":
          if (definition.extern.kind === "component") own.push(null);
          break;
        case "export":
          if (definition.sort === "component") {
            refuseValue(own[definition.index]);
            own.push(own[definition.index] ?? null);
          }
          break;
        case "instance": {
          const { from } = definition;
          for (const { sort, index } of from.kind === "instantiate" ? from.args : from.exports)
            if (sort === "component") refuseValue(own[index]);
          if (from.kind === "instantiate" && passing.has(own[from.component]!)) passing.add(layout);
          break;
        }
        default:
      }
    }
    if (hasCode(layout)) passing.add(layout);
  };
  /** What such a component is, its type says, and that has no bank. */
  const refuseValue = (component: Layout | null | undefined) => {
    if (component && passing.has(component))
      throw new InstrumentError(
        "unsupported",
        "a component with code is handed on as a component: only components that are instantiated where they stand can be metered",
      );
  };
  visit(outermost, []);
  return { targets, passing };
}
