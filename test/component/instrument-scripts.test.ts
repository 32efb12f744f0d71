/**
 * Job: run the component model's scripts twice in lock step: metered module by module by the host, and rewritten as a whole by
 * `instrumentComponent` and linked as any component is. Results, traps and fuel must be the same.
 * Never: judge results (conformance does).
 */

import { isDeepStrictEqual } from "node:util";
import { instrument } from "@capsule-run/instrument";
import { type DecodedComponent, decodeComponent, instrumentComponent } from "@capsule-run/instrument/component";
import { expect, test } from "vitest";
import { type ComponentInstance, instantiate } from "../../packages/host/src/component/instantiate.ts";
import type { Resolve } from "../../packages/host/src/component/link/supplier.ts";
import { capsuleWorld, giveAll, hostOfScripts } from "./conformance/capsule.ts";
import { runScript, type World } from "./conformance/runner.ts";
import { ownScripts, suite } from "./conformance/scripts.ts";

const fuel = 50_000_000n;

interface Half {
  readonly decoded: DecodedComponent;
  readonly modules: readonly WebAssembly.Module[];
}
interface Definition {
  readonly host: Half;
  readonly own: Half;
  readonly counters: number;
  readonly startFuel: bigint;
}
interface Instance {
  readonly definition: Definition;
  readonly host: ComponentInstance;
  readonly own: ComponentInstance;
  readonly counter: WebAssembly.Global<"i64">;
  /** Where components share, what `realloc` and `post-return` spend is told at the next crossing. */
  readonly isExact: boolean;
}

/** Both, or the error of both. */
function both<A, B>(host: () => A, own: () => B): [A, B] {
  const attempt = <T>(run: () => T) => {
    try {
      return { value: run() };
    } catch (error) {
      return { error };
    }
  };
  const [a, b] = [attempt(host), attempt(own)];
  if ("error" in a) {
    if (!("error" in b)) throw new Error(`only the host's form fails: ${a.error}`);
    throw a.error;
  }
  if ("error" in b) throw new Error(`only the rewritten form fails: ${b.error}`, { cause: b.error });
  return [a.value, b.value];
}

function compile(modules: readonly Uint8Array[]): WebAssembly.Module[] {
  return modules.map((bytes) => new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
}

function start(definition: Definition, resolver: () => Resolve): Instance {
  const counter = new WebAssembly.Global({ value: "i64", mutable: true }, fuel - definition.startFuel);
  const link = ({ decoded, modules }: Half, extra: WebAssembly.Imports) =>
    instantiate(decoded.component, {
      instantiateCore: (module, imports) => new WebAssembly.Instance(modules[module]!, Object.assign(imports, extra)),
      resolve: resolver(),
    });
  const [host, own] = both(
    () => link(definition.host, { capsule: { fuel: counter } }),
    () => link(definition.own, {}),
  );
  return { definition, host, own, counter, isExact: definition.counters <= 1 };
}

function called(instance: ComponentInstance, name: string, args: readonly unknown[]): unknown {
  const found = instance.exports.get(name);
  if (found?.kind !== "func") throw new Error(`the instance exports no function ${JSON.stringify(name)}`);
  return found.call(...(args as never[]));
}

function remaining(instance: ComponentInstance): bigint {
  const counter = instance.exports.get("capsule:fuel/counter");
  const read = counter?.kind === "instance" ? counter.exports.get("remaining") : undefined;
  if (read?.kind !== "func") throw new Error("no counter is exported");
  return read.call() as bigint;
}

const totals = { calls: 0, nested: 0 };

function pairedWorld(): World<Definition, Instance> {
  const judge = capsuleWorld();
  return {
    decode(bytes) {
      const decoded = decodeComponent(bytes);
      const { bytes: rewritten, report } = instrumentComponent(bytes, { fuel, features: { relaxedSimd: true } });
      const again = decodeComponent(rewritten);
      const metered = decoded.modules.map((module) => instrument(module, { features: { relaxedSimd: true } }).bytes);
      return {
        host: { decoded, modules: compile(metered) },
        own: { decoded: again, modules: compile(again.modules) },
        counters: report.counters,
        startFuel: report.startFuel,
      };
    },
    instantiate: (definition) =>
      start(definition, () => {
        const host = hostOfScripts();
        return (name) => host[name];
      }),
    link: (definition) => start(definition, () => giveAll),
    invoke(instance, name, args) {
      const [wanted, got] = both(
        () => called(instance.host, name, args),
        () => called(instance.own, name, args),
      );
      if (!isDeepStrictEqual(comparable(wanted), comparable(got))) throw new Error(`${name}: results differ`);
      if (instance.definition.counters === 0) return got;
      const left = remaining(instance.own);
      const apart = left - instance.counter.value;
      if (instance.isExact ? apart !== 0n : apart < 0n)
        throw new Error(`${name}: the host's counter is at ${instance.counter.value}, the component's at ${left}`);
      totals.calls++;
      if (!instance.isExact) totals.nested++;
      return got;
    },
    unsupported: (error) => judge.unsupported(error),
    absent: (error) => judge.absent(error),
    deliberate: (error) => judge.deliberate(error),
  };
}

/** A handle's object is of its own instance. */
const comparable = (value: unknown) =>
  JSON.parse(JSON.stringify(value ?? null, (_, each) => (typeof each === "bigint" ? `${each}n` : each)));

/** What a rewritten file cannot do and the host can. */
const refusals = /handed on as a component|comes from the host|did not (start|come to be)/;

const scripts = [
  ...ownScripts().map((script) => ({ suite: "own", ...script })),
  ...(["component-model", "wasmtime"] as const).flatMap((name) =>
    (suite(name) ?? []).map((script) => ({ suite: name, ...script })),
  ),
];

for (const { suite, name, commands } of scripts)
  test(`${suite}/${name}`, async () => {
    const alone = await runScript(commands, capsuleWorld());
    const paired = await runScript(commands, pairedWorld());
    const worse = paired.filter(
      ({ outcome, why }, index) => outcome !== alone[index]!.outcome && !(outcome === "skipped" && refusals.test(why)),
    );
    expect(worse).toEqual([]);
  });

test("enough calls were compared, some of them into components inside components", () => {
  console.info(`${totals.calls} calls, ${totals.nested} of components that share`);
  if (suite("wasmtime") === null) return;
  expect(totals.calls).toBeGreaterThan(200);
  expect(totals.nested).toBeGreaterThan(20);
});
