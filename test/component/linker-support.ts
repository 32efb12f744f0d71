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

/** Core modules as they are, for a test that instantiates them itself. */
export async function compiledOf(wat: string): Promise<readonly WebAssembly.Module[]> {
  const { modules } = decodeComponent(await parse(wat));
  return modules.map((module) => new WebAssembly.Module(module as Uint8Array<ArrayBuffer>));
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

/** What a guest needs to be given lists and strings: a memory, and a realloc that never gives back. */
export const libc = `
  (core module $Libc
    (memory (export "mem") 1)
    (global $next (mut i32) (i32.const 8192))
    (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.sub (i32.add (global.get $next) (local.get $align)) (i32.const 1))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $at) (local.get $new)))
      (block $fits
        (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (drop (memory.grow (i32.add (i32.div_u (local.get $new) (i32.const 65536)) (i32.const 1)))))
      (local.get $at)))
  (core instance $libc (instantiate $Libc))
  (alias core export $libc "mem" (core memory $mem))
  (alias core export $libc "realloc" (core func $realloc))`;

/** The error that a call ends with. */
export function failure(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`thrown: ${String(error)}`);
  }
  throw new Error("nothing was thrown");
}
