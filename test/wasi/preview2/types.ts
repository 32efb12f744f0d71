/** Job: the types of WASI 0.2 as plain trees, with resources by name. Never: values. */
import type { Declaration, DefinedType, ExternType, ValueType } from "@capsule-run/instrument/component";
import { wasiWorld } from "../../../packages/host/src/wasi/preview2/world.ts";

export type Shape =
  | { readonly kind: "primitive"; readonly primitive: string }
  | { readonly kind: "list" | "option"; readonly element: Shape }
  | { readonly kind: "tuple"; readonly elements: readonly Shape[] }
  | { readonly kind: "record"; readonly fields: readonly { readonly name: string; readonly type: Shape }[] }
  | { readonly kind: "variant"; readonly cases: readonly { readonly name: string; readonly type: Shape | null }[] }
  | { readonly kind: "enum" | "flags"; readonly names: readonly string[] }
  | { readonly kind: "own" | "borrow"; readonly resource: string };

export interface WasiFunction {
  /** `wasi:io/streams#[method]input-stream.read` */
  readonly name: string;
  readonly parameters: readonly Shape[];
  readonly result: Shape | null;
}

type Function = Extract<DefinedType, { kind: "func" }>;
type Known =
  | Shape
  | { readonly kind: "resource"; readonly name: string }
  | { readonly kind: "func"; readonly func: Function };
/** A type index space, with a way outwards. */
interface Scope {
  readonly types: (Known | Declared)[];
  readonly outer: Scope | null;
}
interface Declared {
  readonly kind: "instance";
  readonly declarations: readonly Declaration[];
}

function shapeOf(type: ValueType, scope: Scope): Shape {
  if (typeof type === "string") return { kind: "primitive", primitive: type };
  return scope.types[type] as Shape;
}

function resourceOf(index: number, scope: Scope): string {
  const found = scope.types[index];
  if (found?.kind !== "resource") throw new TypeError(`type ${index} is no resource`);
  return found.name;
}

function resolve(type: DefinedType, scope: Scope): Known | Declared {
  const of = (value: ValueType) => shapeOf(value, scope);
  switch (type.kind) {
    case "primitive":
      return type;
    case "list":
    case "option":
      return { kind: type.kind, element: of(type.element) };
    case "tuple":
      return { kind: "tuple", elements: type.elements.map(of) };
    case "record":
      return { kind: "record", fields: type.fields.map(({ name, type }) => ({ name, type: of(type) })) };
    case "variant":
      return {
        kind: "variant",
        cases: type.cases.map(({ name, type }) => ({ name, type: type === null ? null : of(type) })),
      };
    case "result": {
      const cases = [["ok", type.ok] as const, ["err", type.error] as const];
      return { kind: "variant", cases: cases.map(([name, type]) => ({ name, type: type === null ? null : of(type) })) };
    }
    case "enum":
    case "flags":
      return { kind: type.kind, names: type.names };
    case "own":
    case "borrow":
      return { kind: type.kind, resource: resourceOf(type.resource, scope) };
    case "func":
      return { kind: "func", func: type };
    case "instance":
      return type;
    default:
      throw new TypeError(`WASI has no ${type.kind} among its types`);
  }
}

/** Every function of every interface. */
export function wasiFunctions(): WasiFunction[] {
  const world: Scope = { types: [], outer: null };
  const instances: Map<string, Known>[] = [];
  const functions: WasiFunction[] = [];

  const alias = (target: Extract<Declaration, { kind: "alias" }>["target"], scope: Scope): Known | Declared => {
    if (target.kind === "export") return instances[target.instance]!.get(target.name)!;
    if (target.kind !== "outer") throw new TypeError("WASI aliases nothing of core modules");
    let from = scope;
    for (let i = 0; i < target.count; i += 1) from = from.outer!;
    return from.types[target.index]!;
  };

  const open = (name: string, { declarations }: Declared): Map<string, Known> => {
    const scope: Scope = { types: [], outer: world };
    const exported = new Map<string, Known>();
    const take = (own: string, extern: ExternType) => {
      if (extern.kind === "type") {
        const known =
          extern.equals === null || extern.equals === undefined
            ? ({ kind: "resource", name: `${name}#${own}` } as const)
            : (scope.types[extern.equals] as Known);
        scope.types.push(known);
        exported.set(own, known);
      } else if (extern.kind === "func") {
        const known = scope.types[extern.type];
        if (known?.kind !== "func") throw new TypeError(`${own} is no function`);
        functions.push({
          name: `${name}#${own}`,
          parameters: known.func.parameters.map(({ type }) => shapeOf(type, scope)),
          result: known.func.result === null ? null : shapeOf(known.func.result, scope),
        });
      }
    };
    for (const declaration of declarations) {
      if (declaration.kind === "type") scope.types.push(resolve(declaration.type, scope));
      else if (declaration.kind === "alias") scope.types.push(alias(declaration.target, scope));
      else if (declaration.kind === "export-declaration") take(declaration.name, declaration.extern);
    }
    return exported;
  };

  for (const declaration of wasiWorld()) {
    if (declaration.kind === "type") world.types.push(resolve(declaration.type, world));
    else if (declaration.kind === "alias") world.types.push(alias(declaration.target, world));
    else if (declaration.kind === "import" && declaration.extern.kind === "instance")
      instances.push(open(declaration.name, world.types[declaration.extern.type] as Declared));
  }
  return functions;
}
