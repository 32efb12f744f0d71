/** Job: trials of calls on our decoder, meter and linker, in this process, with the host that the world `shapes` asks for. Never: judge. */
import { instrument } from "@capsule-run/instrument";
import { decodeComponent } from "@capsule-run/instrument/component";
import {
  type ComponentInstance,
  type ExportedFunction,
  type FunctionType,
  instantiate,
} from "../../../packages/host/src/component/index.ts";
import type { Resolve } from "../../../packages/host/src/component/link/supplier.ts";
import type { GuestResource } from "../../../packages/host/src/component/resources.ts";
import type { ComponentValue, HostFunction, HostInstance } from "../../../packages/host/src/component/value.ts";
import { type CallsAnswer, type CallsTrial, fromJson, type Json, toJson } from "./trial.ts";

export const budget = 1n << 60n;

/** A component linked on one counter. */
export class Linked {
  readonly instance: ComponentInstance;
  readonly #counter = new WebAssembly.Global({ value: "i64", mutable: true }, budget);
  /** Core modules of the binary; an instance of each, or more. */
  readonly modules: number;

  constructor(bytes: Uint8Array, resolve: Resolve) {
    const { component, modules } = decodeComponent(bytes);
    const metered = modules.map((module) => instrument(module, { global: "import", features: { relaxedSimd: true } }));
    const compiled = metered.map(({ bytes }) => new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
    this.modules = modules.length;
    this.instance = instantiate(component, {
      instantiateCore: (module, imports) => {
        this.#counter.value -= metered[module]!.report.startFuel;
        return new WebAssembly.Instance(compiled[module]!, { ...imports, capsule: { fuel: this.#counter } });
      },
      resolve,
    });
  }

  get consumed(): bigint {
    return budget - this.#counter.value;
  }

  function(within: string, name: string): ExportedFunction {
    const found = this.instance.exports.get(within);
    const item = found?.kind === "instance" ? found.exports.get(name) : undefined;
    if (item?.kind !== "func") throw new Error(`no function ${name} in ${within}`);
    return item;
  }
}

export interface CapsuleAnswer extends CallsAnswer {
  /** Of the function that each call means; null: "drop". */
  readonly types: readonly (FunctionType | null)[];
}

export function runOnCapsule(trial: Pick<CallsTrial, "interface" | "calls">, bytes: Uint8Array): CapsuleAnswer {
  const { desk, log } = deskOfHost();
  // What a language's own runtime imports of WASI is not called by these worlds.
  const linked = new Linked(bytes, (name, wanted) =>
    name.startsWith("fixture:shapes/") ? desk : emptyHost(name, wanted),
  );
  const kept = new Map<string, ComponentValue>();
  const results: Json[] = [];
  const fuel: string[] = [];
  const types: (FunctionType | null)[] = [];
  for (const { name, args, keep } of trial.calls) {
    const before = linked.consumed;
    if (name === "drop") {
      const handle = (args[0] as { handle: string }).handle;
      (kept.get(handle) as GuestResource).drop();
      results.push(null);
      types.push(null);
    } else {
      const { type, call } = linked.function(trial.interface, name);
      const result = call(
        ...args.map((arg, i) => {
          const handle = (arg as { handle?: string } | null)?.handle;
          return handle === undefined ? fromJson(type.parameters[i]!.type, arg) : kept.get(handle)!;
        }),
      );
      types.push(type);
      if (keep !== undefined) kept.set(keep, result!);
      results.push(type.result === null ? null : toJson(type.result, result!));
    }
    fuel.push(String(linked.consumed - before));
  }
  return { results, fuel, log, types };
}

class Page {
  readonly title: string;
  readonly lines: string[] = [];
  constructor(title: string) {
    this.title = title;
  }
}

function deskOfHost(): { readonly desk: HostInstance; readonly log: string[] } {
  const log: string[] = [];
  const drop = (page: object) => void log.push(`drop ${(page as Page).title}`);
  const functions: Record<string, (...args: never[]) => ComponentValue> = {
    "[constructor]page": (title: string) => new Page(title),
    "[method]page.put": (page: Page, line: string, color: string) => page.lines.push(`${color} ${line}`),
    "[method]page.title": (page: Page) => page.title,
    "[static]page.file": (page: Page) => {
      log.push(`file ${page.title}: ${page.lines.join(", ")}`);
      drop(page);
      return page.lines.length;
    },
    log: (level: number, message: string) => ({ tag: "ok", val: log.push(`log ${level} ${message}`) }),
  };
  const desk = { functions: new Map(Object.entries(functions)), resources: new Map([["page", { drop }]]) };
  return { desk: desk as unknown as HostInstance, log };
}

/** What a language's runtime asks while it starts; everything else of WASI ends the run. */
const answers: Readonly<Record<string, (count: never) => ComponentValue>> = {
  "get-random-bytes": (count: bigint) => new Uint8Array(Number(count)),
  "insecure-seed": () => [1n, 2n],
  "get-environment": () => [],
  "get-arguments": () => [],
  "get-directories": () => [],
  "initial-cwd": () => null,
  "get-stdin": () => ({}),
  "get-stdout": () => ({}),
  "get-stderr": () => ({}),
  "get-terminal-stdin": () => null,
  "get-terminal-stdout": () => null,
  "get-terminal-stderr": () => null,
};
const emptyHost: Resolve = (name, wanted) => {
  if (wanted.kind !== "instance") return undefined;
  const call = (of: string) => () => {
    throw new Error(`${name} ${of} is called`);
  };
  return {
    functions: new Map(wanted.functions.map((of) => [of, (answers[of] as HostFunction | undefined) ?? call(of)])),
    resources: new Map(wanted.resources.map((of) => [of, { drop: () => {} }])),
  };
};
