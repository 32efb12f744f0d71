/** Job: trials of calls on our decoder, meter and linker, in this process, with the host that the world `shapes` asks for. Never: judge. */
import { emptyHost, Linked } from "../../../fixtures/components/link.ts";
import type { FunctionType } from "../../../packages/host/src/component/index.ts";
import type { GuestResource } from "../../../packages/host/src/component/resources.ts";
import type { ComponentValue, HostInstance } from "../../../packages/host/src/component/value.ts";
import { type CallsAnswer, type CallsTrial, fromJson, type Json, toJson } from "./trial.ts";

export { Linked };

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
