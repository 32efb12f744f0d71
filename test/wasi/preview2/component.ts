/** Job: run a component of `wasi:cli` on a test's kernel: decoded, linked, not metered. Never: the engine. */
import { decodeComponent } from "@capsule-run/instrument/component";
import { type ComponentInstance, instantiate } from "../../../packages/host/src/component/index.ts";
import { GuestExit, type Kernel } from "../../../packages/host/src/wasi/kernel.ts";
import { type Preview2Services, preview2 } from "../../../packages/host/src/wasi/preview2.ts";
import { noServices } from "./services.ts";

/** Every version is served alike. */
const withoutVersion = (name: string) => name.split("@")[0]!;

export function linkOn(kernel: Kernel, bytes: Uint8Array, services: Preview2Services = noServices): ComponentInstance {
  const host = preview2(kernel, services);
  const { component, modules } = decodeComponent(bytes);
  const compiled = modules.map((module) => new WebAssembly.Module(module as Uint8Array<ArrayBuffer>));
  return instantiate(component, {
    instantiateCore: (number, imports) => new WebAssembly.Instance(compiled[number]!, imports),
    resolve: (name) => host.get(withoutVersion(name)),
  });
}

/** Runs its command and answers the exit code. */
export function runCommand(kernel: Kernel, bytes: Uint8Array, services?: Preview2Services): number {
  try {
    const instance = linkOn(kernel, bytes, services);
    const run = [...instance.exports].find(([name]) => withoutVersion(name) === "wasi:cli/run")?.[1];
    const command = run?.kind === "instance" ? run.exports.get("run") : undefined;
    if (command?.kind !== "func") throw new TypeError("the component exports no wasi:cli/run");
    return (command.call() as { readonly tag: string }).tag === "ok" ? 0 : 1;
  } catch (error) {
    if (error instanceof GuestExit && kernel.ended !== null) return kernel.ended.code;
    throw error;
  }
}
