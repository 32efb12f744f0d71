/** Job: a component for people: its world as WIT writes it, what metering costs, what it would need to be allowed. Never: print a name that a guest chose unencoded. */
import { type ComponentFacts, formatSize, type Inspection } from "@capsule-run/host";
import { columns, grouped, size } from "./figures.ts";

/** Heading → lines of its section. */
export type Sections = readonly (readonly [heading: string, lines: readonly string[]])[];

export function componentSections(facts: ComponentFacts): Sections {
  return [
    ["exports", worldLines(facts.exports, true)],
    ["imports", worldLines(facts.imports, false)],
    ["metering", columns(metering(facts)).trimEnd().split("\n")],
  ];
}

/** Types are shown where somebody may have to write a value of them. */
function worldLines(items: ComponentFacts["exports"], withTypes: boolean): readonly string[] {
  return items.length === 0 ? ["  none"] : items.flatMap((item) => itemLines(item, withTypes));
}

function itemLines(item: ComponentFacts["exports"][number], withTypes: boolean): readonly string[] {
  const line = (indent: string, { name, text }: { readonly name: string; readonly text: string }) =>
    `${indent}${safe(name)}: ${safe(text)}`;
  switch (item.kind) {
    case "function":
    case "type":
      return [line("  ", item)];
    case "interface": {
      const parts = [...(withTypes ? item.types : []), ...item.functions];
      return [`  ${safe(item.name)}`, ...parts.map((part) => line("    ", part))];
    }
    case "component":
    case "core-module":
      return [`  ${safe(item.name)}: ${item.kind}`];
  }
}

/** Names are ASCII by their grammar, and the decoder has held them to it; a terminal gets nothing else in any case. */
const safe = (text: string) => text.replace(/[^\x20-\x7e…]/g, "?");

function metering({ modules, startFuel }: ComponentFacts): [string, string][] {
  const sum = (of: (module: ComponentFacts["modules"][number]) => number) =>
    modules.reduce((total, module) => total + of(module), 0);
  const [before, after] = [sum(({ bytesBefore }) => bytesBefore), sum(({ bytesAfter }) => bytesAfter)];
  const growth = before === 0 ? "" : ` (+${(((after - before) / before) * 100).toFixed(1)} %)`;
  return [
    ["core modules", `${modules.length}, instances of them: ${grouped(sum(({ instances }) => instances))}`],
    ["functions", grouped(sum(({ functions }) => functions))],
    ["checks", grouped(sum(({ checks }) => checks))],
    ["size", `${size(before)} → ${size(after)}${growth}`],
    ["start", `${grouped(startFuel)} fuel`],
  ];
}

/** What a component's imports say about the rights that it may use, and what is not to be had. */
export function needsOfComponent({ component, undeclared, minimumMemoryBytes }: Inspection): readonly string[] {
  if (component === null) return [];
  const needs: string[] = [];
  const imports = (pattern: RegExp, functions = /(?:)/) =>
    component.imports
      .filter(
        (item) =>
          item.kind === "interface" &&
          pattern.test(item.name) &&
          item.functions.some((each) => functions.test(each.name)),
      )
      .map((entry) => entry.name);
  const say = (found: readonly string[], text: string) => {
    if (found.length > 0)
      needs.push(`${text} (it imports ${found.slice(0, 3).join(", ")}${found.length > 3 ? ", …" : ""})`);
  };
  if (undeclared.allowed_files.length === 0)
    say(imports(/^wasi:filesystem\/preopens@/), "folders, if it shall see any: --allow-file DIR[:ro]");
  if (undeclared.env_variables.length === 0)
    say(
      imports(/^wasi:cli\/environment@/, /^get-environment$/),
      "variables of the environment, if it shall see any: --env NAME",
    );
  if (undeclared.allowed_hosts.length === 0)
    say(
      [...imports(/^wasi:http\/outgoing-handler@/), ...imports(/^capsule:host\/api(?:@|$)/, /^http-request$/)],
      "hosts, if it shall reach any: --allow-host NAME",
    );
  say(imports(/^wasi:sockets\//, /^\[method\].*start|^resolve/), "sockets: there are none here, and its calls fail");
  if (minimumMemoryBytes > undeclared.ram)
    needs.push(`memory: --ram ${formatSize(minimumMemoryBytes)} or more; it would have ${formatSize(undeclared.ram)}`);
  for (const { name } of component.imports.filter(({ given }) => !given))
    needs.push(`${name}: not to be had here, so that the component does not run`);
  return needs;
}
