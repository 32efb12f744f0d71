/** Job: see before anything runs which interfaces the outermost component imports, and name all that are missing at once. Never: link. */
import type { Component, Declaration, DefinedType } from "@capsule-run/instrument/component";
import { ComponentError } from "../errors.ts";
import type { Resolve, WantedInstance } from "./supplier.ts";

/** The names in an instance type, for a host to see before it answers. */
export function wantedOf(declarations: readonly Declaration[]): WantedInstance {
  const functions: string[] = [];
  const resources: string[] = [];
  for (const declaration of declarations) {
    if (declaration.kind !== "export-declaration") continue;
    if (declaration.extern.kind === "func") functions.push(declaration.name);
    if (declaration.extern.kind === "type" && declaration.extern.equals === null) resources.push(declaration.name);
  }
  return { kind: "instance", functions, resources };
}

/** Whether there is nothing in it but types, which take nothing of a host. */
export function isTypesOnly({ functions, resources }: WantedInstance): boolean {
  return functions.length === 0 && resources.length === 0;
}

/** What is wrong with an interface that is given, the linker says when it comes to it. */
export function requireInterfaces(component: Component, resolve: Resolve): void {
  const missing = importedInterfaces(component).filter(
    ({ name, wanted }) => !isTypesOnly(wanted) && resolve(name, wanted) === undefined,
  );
  if (missing.length < 2) return;
  const names = missing.map(({ name }) => `the instance "${name}"`);
  throw new ComponentError(
    "missing_import",
    `the component imports ${names.slice(0, -1).join(", ")} and ${names.at(-1)}, which this host does not give`,
  );
}

function importedInterfaces(component: Component): { readonly name: string; readonly wanted: WantedInstance }[] {
  const types: (DefinedType | null)[] = [];
  const found: { readonly name: string; readonly wanted: WantedInstance }[] = [];
  for (const definition of component.definitions) {
    if (definition.kind === "type") types.push(definition.type);
    else if (definition.kind === "alias" && definition.target.sort === "type") types.push(null);
    else if (definition.kind === "export" && definition.sort === "type") types.push(null);
    else if (definition.kind === "import") {
      const { extern, name } = definition;
      if (extern.kind === "type") types.push(null);
      const type = extern.kind === "instance" ? types[extern.type] : null;
      if (type?.kind === "instance") found.push({ name, wanted: wantedOf(type.declarations) });
    }
  }
  return found;
}
