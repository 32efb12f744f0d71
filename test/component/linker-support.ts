/** Job: components written as text, made to run without a meter: what the linker's tests share. Never: the engine. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { decodeComponent } from "@capsule-run/instrument/component";
import {
  byName,
  type ComponentExport,
  type ComponentInstance,
  type ComponentValue,
  type HostFunction,
  type HostInstance,
  type HostResource,
  type InstantiateOptions,
  instantiate,
} from "../../packages/host/src/component/index.ts";

export type Imports = Record<string, HostInstance | HostFunction | HostResource>;

export async function link(
  wat: string,
  imports: Imports = {},
  options: Partial<InstantiateOptions> = {},
): Promise<ComponentInstance> {
  return linkBytes(await parse(wat), imports, options);
}

export function linkBytes(bytes: Uint8Array, imports: Imports = {}, options: Partial<InstantiateOptions> = {}) {
  const { component, modules } = decodeComponent(bytes);
  const compiled = modules.map((module) => new WebAssembly.Module(module as Uint8Array<ArrayBuffer>));
  return instantiate(component, {
    instantiateCore: (module, given) => new WebAssembly.Instance(compiled[module]!, given),
    resolve: byName(new Map(Object.entries(imports))),
    ...options,
  });
}

export function host(
  functions: Record<string, HostFunction>,
  resources: Record<string, HostResource> = {},
): HostInstance {
  return { functions: new Map(Object.entries(functions)), resources: new Map(Object.entries(resources)) };
}

/** By name, and in an exported instance by "instance#name". */
export function func(instance: ComponentInstance, path: string) {
  let found: ComponentExport | undefined;
  let exports = instance.exports;
  for (const name of path.split("#")) {
    found = exports.get(name);
    if (found?.kind === "instance") exports = found.exports;
  }
  if (found?.kind !== "func") throw new Error(`no function ${path}`);
  return found;
}

export function call(instance: ComponentInstance, path: string, ...args: ComponentValue[]) {
  return func(instance, path).call(...args);
}
