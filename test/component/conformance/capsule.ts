/** Job: the world of Capsule's decoder, meter and linker, with the host that Wasmtime's scripts expect. Never: be lenient. */
import { InstrumentError, instrument } from "@capsule-run/instrument";
import { type DecodedComponent, decodeComponent } from "@capsule-run/instrument/component";
import { ComponentError, ComponentTrap, ComponentValueError } from "../../../packages/host/src/component/errors.ts";
import { type ComponentInstance, instantiate } from "../../../packages/host/src/component/instantiate.ts";
import type { Resolve } from "../../../packages/host/src/component/link/supplier.ts";
import type { HostInstance, HostResource } from "../../../packages/host/src/component/value.ts";
import type { World } from "./runner.ts";

interface Definition extends DecodedComponent {
  readonly compiled: readonly WebAssembly.Module[];
}

/** Fuel of an instance's whole life: enough for every script, and an end for what loops. */
const fuel = 50_000_000n;

export function capsuleWorld(): World<Definition, ComponentInstance> {
  return {
    decode(bytes) {
      const decoded = decodeComponent(bytes);
      const compiled = decoded.modules.map((module) => {
        const { bytes } = instrument(module, { global: "import", features: { relaxedSimd: true } });
        return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
      });
      return { ...decoded, compiled };
    },
    instantiate: (definition) => {
      const host = hostOfScripts();
      return start(definition, (name) => host[name]);
    },
    link: (definition) => start(definition, giveAll),
    invoke(instance, name, args) {
      const found = instance.exports.get(name);
      if (found?.kind !== "func") throw new Error(`the instance exports no function ${JSON.stringify(name)}`);
      return found.call(...(args as never[]));
    },
    unsupported(error) {
      const coded = error instanceof InstrumentError || error instanceof ComponentError;
      return coded && error.code === "unsupported" ? error.message : null;
    },
    absent: (error) =>
      error instanceof ComponentError && /^the component imports .*this host does not give/.test(error.message)
        ? error.message
        : null,
    deliberate: (error) =>
      error instanceof InstrumentError ||
      error instanceof ComponentError ||
      error instanceof ComponentTrap ||
      error instanceof WebAssembly.RuntimeError ||
      // A core module that V8 refuses, or whose imports do not fit.
      error instanceof WebAssembly.CompileError ||
      error instanceof WebAssembly.LinkError ||
      (error instanceof RangeError && /call stack/.test(error.message)),
  };
}

function start({ component, compiled }: Definition, resolve: Resolve): ComponentInstance {
  const counter = new WebAssembly.Global({ value: "i64", mutable: true }, fuel);
  return instantiate(component, {
    instantiateCore: (module, imports) =>
      new WebAssembly.Instance(compiled[module]!, Object.assign(imports, { capsule: { fuel: counter } })),
    resolve,
  });
}

/** Whatever is wanted, to see whether a component is refused for what it is. */
export const giveAll: Resolve = (_, wanted) => {
  const call = () => {
    throw new ComponentTrap("nobody is there");
  };
  const resource = { drop: () => {} };
  if (wanted.kind === "func") return call;
  if (wanted.kind === "resource") return resource;
  if (wanted.kind !== "instance") return undefined;
  const named = <T>(names: readonly string[], of: T) => new Map(names.map((name) => [name, of]));
  return { functions: named(wanted.functions, call), resources: named(wanted.resources, resource) };
};

/** A resource of the scripts' host: a number. */
class Resource {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}

/** What wasmtime-wast gives to scripts, as far as a host of functions and resources can. */
export function hostOfScripts(): Record<string, HostInstance | (() => number)> {
  let drops = 0;
  let lastDrop = 0;
  const resource1: HostResource = {
    drop(object) {
      drops++;
      lastDrop = (object as Resource).number;
    },
  };
  const same = (resource: unknown, number: unknown) => {
    if (!(resource instanceof Resource) || resource.number !== number)
      throw new ComponentValueError("another resource");
    return undefined;
  };
  const functions = {
    "return-three": () => 3,
    "return-hi": () => "hi",
    "[constructor]resource1": (number: unknown) => new Resource(number as number),
    "[static]resource1.assert": same,
    "[static]resource1.last-drop": () => lastDrop,
    "[static]resource1.drops": () => drops,
    "[method]resource1.simple": same,
    "[method]resource1.take-borrow": () => undefined,
    "[method]resource1.take-own": (_: unknown, owned: unknown) => resource1.drop(owned as object),
  };
  const host: HostInstance = {
    functions: new Map(Object.entries(functions)) as HostInstance["functions"],
    resources: new Map([
      ["resource1", resource1],
      ["resource1-again", resource1],
      ["resource2", { drop: () => {} }],
    ]),
  };
  return { host, "host-return-two": () => 2 };
}
