/**
 * Job: the types that the host's interfaces promise. JavaScript functions have none, so a component could import one with
 * parameters of its own choosing, another resource in place of the right one among them; against these it cannot.
 * Never: decide what is given (see supplier.ts).
 */
import type { Declaration } from "@capsule-run/instrument/component";
import type { FunctionType } from "../abi/types.ts";
import { hostFunction } from "../canon.ts";
import type { Store } from "../store.ts";
import type { HostInstance } from "../value.ts";
import { type MatchLimits, matchDeclarations } from "./match.ts";
import { invalid, Scope } from "./scope.ts";
import type { Supplier } from "./supplier.ts";

/** The types of what the host gives. */
export interface World {
  /** Of a world in the binary format: imports of instances, and what they refer to. */
  readonly declarations: readonly Declaration[];
  /** The name in the world of an interface that a component imports by this name. */
  readonly nameOf: (imported: string) => string;
  /** What the host gives for a name of the world: its resources are those that the types are about. */
  readonly find: (name: string) => HostInstance | undefined;
}

/** Interface → function → its type. */
export type Promises = ReadonlyMap<string, ReadonlyMap<string, FunctionType>>;

/** `imported`: the interfaces to read; with those that they refer to. */
export function readPromises(world: World, imported: ReadonlySet<string>, store: Store): Promises {
  const promises = new Map<string, Map<string, FunctionType>>();
  const root: Supplier = {
    ...nothing,
    instance(name) {
      const functions = new Map<string, FunctionType>();
      promises.set(name, functions);
      const resources = world.find(name)?.resources;
      return {
        ...nothing,
        func(each, wanted) {
          functions.set(each, wanted);
          return hostFunction(wanted, () => undefined);
        },
        resource: (each) => store.hostResource(resources?.get(each) ?? { drop: () => {} }),
      };
    },
  };
  const limits: MatchLimits = { nesting: store.limits.nesting, count: () => {} };
  const scope = new Scope(null);
  const needed = neededFor(world.declarations, imported);
  for (const [index, declaration] of world.declarations.entries()) {
    if (needed.has(index)) matchDeclarations([declaration], scope, root, store.types, limits);
    else if (declaration.kind === "import") scope.instances.push({ exports: new Map() });
    else scope.types.push(store.types.primitive("bool"));
  }
  return promises;
}

/** The imports of these names, and every declaration that they refer to: all stand before them. */
function neededFor(declarations: readonly Declaration[], imported: ReadonlySet<string>): ReadonlySet<number> {
  const types: number[] = [];
  const instances: number[] = [];
  for (const [index, { kind }] of declarations.entries()) (kind === "import" ? instances : types).push(index);
  const needed = new Set<number>();
  for (let index = declarations.length - 1; index >= 0; index--) {
    const declaration = declarations[index]!;
    if (declaration.kind === "import") {
      if (imported.has(declaration.name)) needed.add(index);
      if (needed.has(index) && declaration.extern.kind === "instance") needed.add(types[declaration.extern.type]!);
    } else if (!needed.has(index)) continue;
    else if (declaration.kind === "alias" && declaration.target.kind === "export")
      needed.add(instances[declaration.target.instance]!);
    else if (declaration.kind === "type" && declaration.type.kind === "instance")
      for (const each of declaration.type.declarations)
        if (each.kind === "alias" && each.target.kind === "outer") needed.add(types[each.target.index]!);
  }
  return needed;
}

const unexpected = (what: string) => (): never => invalid(`a world of interfaces promises a ${what} outside of one`);
const nothing: Supplier = {
  func: unexpected("function"),
  resource: unexpected("resource"),
  type: (_, wanted) => wanted,
  instance: unexpected("nested instance"),
  component: unexpected("component"),
  module: unexpected("core module"),
};
