/** Job: find where control and references can cross the module's border. Never: place anything. */
import { ExternalKind, type Module } from "../binary/module.ts";

/**
 * Whether `call_indirect` or `call_ref` may reach a function that is not this module's: an imported function whose
 * reference is taken, or any reference that can come in from outside.
 */
export function indirectReachesHost(module: Module): boolean {
  const { imported } = module;
  const isImported = (index: number) => index < imported.functions;
  if (module.elements.some((segment) => segment.functions.some(isImported))) return true;
  if (module.globals.some(({ initializer }) => initializer?.functions.some(isImported))) return true;
  if (module.tables.some(({ initializer }) => initializer?.functions.some(isImported))) return true;
  // A `ref.func` in code needs the function to be declared: in an element segment, a global or an export.
  if (module.exports.some((entry) => entry.kind === ExternalKind.function && isImported(entry.index))) return true;
  return referencesCross(module);
}

/** Whether references can come in from outside: tables, globals or calls that are shared with it and hold references. */
export function referencesCross(module: Module): boolean {
  const crossing = (kind: number, count: number, holds: (index: number) => boolean): boolean => {
    for (let i = 0; i < count; i++) if (holds(i)) return true;
    return module.exports.some((entry) => entry.kind === kind && holds(entry.index));
  };
  return (
    crossing(ExternalKind.table, module.imported.tables, (i) => module.tables[i]?.functions === true) ||
    crossing(ExternalKind.global, module.imported.globals, (i) => module.globals[i]?.references === true) ||
    crossing(ExternalKind.function, module.imported.functions, (i) => {
      const type = module.types[module.functions[i]!];
      return type?.kind === "function" && type.references;
    }) ||
    // An exception may carry references; a shared tag is enough to let them in.
    module.imports.some((entry) => entry.kind === ExternalKind.tag) ||
    module.exports.some((entry) => entry.kind === ExternalKind.tag)
  );
}
