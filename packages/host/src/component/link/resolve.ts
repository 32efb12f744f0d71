/** Job: type definitions with their indices looked up. Never: types of instances and components (see match.ts). */
import type { DefinedType, ValueType, FunctionType as WrittenFunction } from "@capsule-run/instrument/component";
import type { FunctionType, Type, Types } from "../abi/types.ts";
import type { ResourceType } from "../resources.ts";
import { at, invalid, type Scope, type TypeItem } from "./scope.ts";

/** Every definition but a resource's, which is new each time it is carried out. */
export function resolveType(defined: Exclude<DefinedType, { kind: "resource" }>, scope: Scope, types: Types): TypeItem {
  const value = (type: ValueType) => valueType(type, scope, types);
  const optional = (type: ValueType | null) => (type === null ? null : value(type));
  switch (defined.kind) {
    case "primitive":
      return types.primitive(defined.primitive);
    case "record":
      return types.record(defined.fields.map(({ name, type }) => ({ name, type: value(type) })));
    case "variant":
      return types.variant(defined.cases.map(({ name, type }) => ({ name, type: optional(type) })));
    case "list":
      return types.list(value(defined.element), defined.length);
    case "tuple":
      return types.tuple(defined.elements.map(value));
    case "flags":
      return types.flags(defined.names);
    case "enum":
      return types.enum(defined.names);
    case "option":
      return types.option(value(defined.element));
    case "result":
      return types.result(optional(defined.ok), optional(defined.error));
    case "own":
    case "borrow":
      return types.handle(defined.kind, resourceAt(scope, defined.resource));
    case "func":
      return resolveFunction(defined, scope, types);
    case "component":
    case "instance":
      return { kind: `${defined.kind}-type`, declarations: defined.declarations, scope };
  }
}

function resolveFunction(written: WrittenFunction, scope: Scope, types: Types): FunctionType {
  return types.function(
    written.parameters.map(({ name, type }) => ({ name, type: valueType(type, scope, types) })),
    written.result === null ? null : valueType(written.result, scope, types),
  );
}

function valueType(type: ValueType, scope: Scope, types: Types): Type {
  if (typeof type !== "number") return types.primitive(type);
  const found = at(scope.types, type, "type");
  switch (found.kind) {
    case "func":
    case "resource":
    case "instance-type":
    case "component-type":
      return invalid(`type ${type} is a ${found.kind}, where the type of a value is wanted`);
    default:
      return found;
  }
}

export function functionAt(scope: Scope, index: number): FunctionType {
  const found = at(scope.types, index, "type");
  return found.kind === "func" ? found : invalid(`type ${index} is a ${found.kind}, where a function type is wanted`);
}

export function resourceAt(scope: Scope, index: number): ResourceType {
  const found = at(scope.types, index, "type");
  return found.kind === "resource" ? found : invalid(`type ${index} is a ${found.kind}, where a resource is wanted`);
}
