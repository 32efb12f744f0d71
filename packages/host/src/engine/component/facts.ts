/** Job: what `inspect` says of a component: its world as text, how often it makes which core module, what metering costs. Never: types of its own. */
import type { Component } from "@capsule-run/instrument/component";
import { describeComponent, type WorldItem } from "@capsule-run/instrument/component/world";
import type { ComponentFacts } from "../interface.ts";
import { entryOf } from "./exports.ts";
import { missingOf } from "./given.ts";
import type { ComponentShape } from "./metering.ts";
import type { World } from "./world/types.ts";

export function factsOf(
  component: Component,
  world: World,
  { modules, instances }: ComponentShape,
  memories: ComponentFacts["memories"],
  startFuel: bigint,
): ComponentFacts {
  const count = new Map<number, number>();
  for (const number of instances) count.set(number, (count.get(number) ?? 0) + 1);
  const { imports, exports } = describeComponent(component);
  const isGiven = ({ name }: WorldItem) => {
    const item = world.imports.get(name);
    return item !== undefined && missingOf(name, item) === null;
  };
  return {
    runs: entryOf(world)?.interface ?? null,
    imports: imports.map((item) => ({ ...item, given: isGiven(item) })),
    exports,
    modules: modules.map(({ functions, checks, bytesBefore, bytesAfter }, number) => ({
      instances: count.get(number) ?? 0,
      functions,
      checks,
      bytesBefore,
      bytesAfter,
    })),
    memories,
    startFuel,
  };
}
