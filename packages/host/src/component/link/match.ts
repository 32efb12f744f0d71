/**
 * Job: read what an import is declared to be against what is given for it: resources take the given one's identity, function
 * types must be the same, an instance may have more than is asked for, and only what is asked for is seen of it.
 * Never: know who gives (see supplier.ts).
 */
import type { Declaration, ExternType } from "@capsule-run/instrument/component";
import type { Types } from "../abi/types.ts";
import { wantedOf } from "./interfaces.ts";
import { functionAt, resolveType } from "./resolve.ts";
import { at, type DeclaredType, type InstanceItem, type Item, invalid, Scope } from "./scope.ts";
import type { Supplier } from "./supplier.ts";

export interface MatchLimits {
  readonly nesting: number;
  /** Called for every declaration read. */
  readonly count: (more: number) => void;
}

/** One import or export declaration, with what is given for it. */
export function matchExtern(
  extern: ExternType,
  name: string,
  given: Supplier,
  scope: Scope,
  types: Types,
  limits: MatchLimits,
): Item {
  switch (extern.kind) {
    case "func":
      return { sort: "func", func: given.func(name, functionAt(scope, extern.type)) };
    case "type":
      if (extern.equals === null) return { sort: "type", type: given.resource(name) };
      return { sort: "type", type: given.type(name, at(scope.types, extern.equals, "type")) };
    case "instance": {
      const declared = at(scope.types, extern.type, "type");
      if (declared.kind !== "instance-type")
        return invalid(`type ${extern.type} is a ${declared.kind}, where an instance type is wanted`);
      const instance = matchInstance(declared, given.instance(name, wantedOf(declared.declarations)), types, limits);
      return { sort: "instance", instance };
    }
    case "component":
      return { sort: "component", component: given.component(name) };
    case "core-module":
      return { sort: "core-module", module: given.module(name) };
  }
}

export function matchInstance(
  declared: DeclaredType,
  given: Supplier,
  types: Types,
  limits: MatchLimits,
): InstanceItem {
  const scope = new Scope(declared.scope);
  if (declared.declarations.some(({ kind }) => kind === "import"))
    return invalid("a type of an instance declares an import");
  if (scope.depth > limits.nesting) return invalid(`instance types are nested more than ${limits.nesting} deep`);
  return { exports: matchDeclarations(declared.declarations, scope, given, types, limits) };
}

/** What stands in an instance type, or, with imports, in a world; what is given by name. */
export function matchDeclarations(
  declarations: readonly Declaration[],
  scope: Scope,
  given: Supplier,
  types: Types,
  limits: MatchLimits,
): ReadonlyMap<string, Item> {
  const items = new Map<string, Item>();
  for (const declaration of declarations) {
    limits.count(1);
    switch (declaration.kind) {
      case "core-type":
        scope.coreTypes++;
        break;
      case "type":
        if (declaration.type.kind === "resource") return invalid("a type of an instance defines a resource");
        scope.types.push(resolveType(declaration.type, scope, types));
        break;
      case "alias":
        aliasInType(declaration, scope);
        break;
      case "import":
      case "export-declaration": {
        const item = matchExtern(declaration.extern, declaration.name, given, scope, types, limits);
        if (items.has(declaration.name)) return invalid(`a type names "${declaration.name}" twice`);
        items.set(declaration.name, item);
        scope.add(item);
        break;
      }
      default:
        declaration satisfies never;
    }
  }
  return items;
}

function aliasInType({ target }: Extract<Declaration, { kind: "alias" }>, scope: Scope): void {
  if (target.kind === "export") {
    const item = at(scope.instances, target.instance, "instance").exports.get(target.name);
    if (item?.sort !== target.sort) invalid(`an alias names "${target.name}", which is no ${target.sort} there`);
    scope.add(item);
    return;
  }
  if (target.kind !== "outer") invalid("a type aliases a core export");
  const outer = scope.outer(target.count);
  if (target.sort === "core-type") scope.coreTypes++;
  else scope.add(outer.item(target.sort, target.index));
}
