/** Job: what `inspect` says of a component: its world as text, what metering costs. Never: more of it than a person reads, whatever it declares. */
import type { ComponentFacts, WorldEntry } from "../interface.ts";
import { entryOf } from "./exports.ts";
import { missingOf } from "./given.ts";
import type { ComponentShape } from "./metering.ts";
import { definitionText, functionText } from "./world/text.ts";
import type { WitItem, World } from "./world/types.ts";

/** Functions and types of one interface, and names of a world. */
const mostShown = 1_000;

export function factsOf(
  world: World,
  { modules, instances }: ComponentShape,
  memories: ComponentFacts["memories"],
  startFuel: bigint,
): ComponentFacts {
  const count = new Map<number, number>();
  for (const number of instances) count.set(number, (count.get(number) ?? 0) + 1);
  const entries = (items: World["imports"]) => [...items].slice(0, mostShown);
  return {
    runs: entryOf(world)?.interface ?? null,
    imports: entries(world.imports).map(([name, item]) => ({
      ...entry(name, item),
      given: missingOf(name, item) === null,
    })),
    exports: entries(world.exports).map(([name, item]) => entry(name, item)),
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

function entry(name: string, item: WitItem): WorldEntry {
  switch (item.kind) {
    case "function":
      return { name, kind: item.kind, functions: [{ name, type: functionText(item.function) }], types: [] };
    case "type":
      return { name, kind: item.kind, functions: [], types: [{ name, type: typeOf(item) }] };
    case "interface": {
      const items = [...item.items].slice(0, mostShown);
      return {
        name,
        kind: item.kind,
        functions: items.flatMap(([inner, part]) =>
          part.kind === "function" ? [{ name: inner, type: functionText(part.function) }] : [],
        ),
        types: items.flatMap(([inner, part]) => (part.kind === "type" ? [{ name: inner, type: typeOf(part) }] : [])),
      };
    }
    case "component":
    case "core-module":
      return { name, kind: item.kind, functions: [], types: [] };
  }
}

const typeOf = ({ type }: Extract<WitItem, { kind: "type" }>) => (type === null ? "resource" : definitionText(type));
