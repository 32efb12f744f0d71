/** Job: between core instances of the engine and those of a component: exports by sort, imports by name. Never: instantiate. */
import type { CoreFunction } from "../abi/core.ts";
import { show } from "../abi/expect.ts";
import { ComponentError } from "../errors.ts";
import { type CoreInstanceItem, type CoreItem, invalid } from "./scope.ts";

export function coreExports(instance: WebAssembly.Instance): CoreInstanceItem {
  const items = new Map<string, CoreItem>();
  for (const [name, value] of Object.entries(instance.exports)) items.set(name, itemOf(value));
  return items;
}

function itemOf(value: unknown): CoreItem {
  if (typeof value === "function") return { sort: "func", value: value as CoreFunction };
  if (value instanceof WebAssembly.Memory) return { sort: "memory", value };
  if (value instanceof WebAssembly.Table) return { sort: "table", value };
  if (value instanceof WebAssembly.Global) return { sort: "global", value };
  if (value instanceof WebAssembly.Tag) return { sort: "tag", value };
  return invalid("a core module exports something that is no function, memory, table, global or tag");
}

/** What V8 says of imports that do not fit is the component's fault; what a start function ends with goes its way. */
export function instantiated(instantiate: () => WebAssembly.Instance): WebAssembly.Instance {
  try {
    return instantiate();
  } catch (error) {
    const refused =
      error instanceof WebAssembly.LinkError ||
      (error instanceof TypeError && error.message.startsWith("WebAssembly.Instance()"));
    if (!refused) throw error;
    throw new ComponentError("invalid_component", `a core module's imports do not fit: ${printable(error.message)}`, {
      cause: error,
    });
  }
}

/** Names of core modules may hold anything, and V8 repeats them. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, "?").slice(0, 500);
}

/** Refuses a memory with 64-bit addresses: a growth that none allows says which numbers it counts in, and changes nothing. */
export function require32Bits(memory: WebAssembly.Memory): WebAssembly.Memory {
  try {
    memory.grow(2 ** 32 - 1);
  } catch (error) {
    if (!(error instanceof TypeError)) return memory;
  }
  throw new ComponentError("unsupported", "a memory with 64-bit addresses at a component's border: build for wasm32");
}

/** Objects without prototypes: any name is a name. */
export function coreImports(args: readonly (readonly [string, CoreInstanceItem])[]): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
  for (const [name, instance] of args) {
    if (name in imports) invalid(`the core instance ${show(name)} is given twice`);
    const values: Record<string, WebAssembly.ImportValue> = Object.create(null);
    for (const [each, item] of instance) values[each] = item.value as WebAssembly.ImportValue;
    imports[name] = values;
  }
  return imports;
}
