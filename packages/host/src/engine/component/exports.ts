/**
 * Job: find what a call names among a component's exports: the command, the runner of tasks, one function.
 * Never: types of arguments.
 */
import { CapsuleError } from "../../errors.ts";
import { nearest, quote } from "../../policy/problem.ts";
import type { WitFunction, World } from "./world/types.ts";

/** An exported function: of an interface, or (null) by itself. */
export interface FoundFunction {
  readonly interface: string | null;
  readonly name: string;
  readonly function: WitFunction;
}

export const commandInterface = "wasi:cli/run";
export const runnerInterface = "capsule:host/task-runner";

/** All exported functions, in the order of the component. */
export function exportedFunctions(world: World): readonly FoundFunction[] {
  return [...world.exports].flatMap(([name, item]): FoundFunction[] => {
    if (item.kind === "function") return [{ interface: null, name, function: item.function }];
    if (item.kind !== "interface") return [];
    return [...item.items].flatMap(([inner, part]): FoundFunction[] =>
      part.kind === "function" ? [{ interface: name, name: inner, function: part.function }] : [],
    );
  });
}

/** How a function is named in a call: `docs:adder/add@0.1.0#add`. */
export const callName = (found: FoundFunction): string =>
  found.interface === null ? found.name : `${found.interface}#${found.name}`;

/** The one function of an interface, whatever its version. */
export function functionOf(world: World, interfaceName: string, name: string): FoundFunction | null {
  return (
    exportedFunctions(world).find(
      (found) => found.name === name && found.interface !== null && withoutVersion(found.interface) === interfaceName,
    ) ?? null
  );
}

/** `wasi:cli/run`. */
export const commandOf = (world: World): FoundFunction | null => functionOf(world, commandInterface, "run");
/** `capsule:host/task-runner`. */
export const runnerOf = (world: World): FoundFunction | null => functionOf(world, runnerInterface, "run");
/** What a run begins with that names nothing. */
export const entryOf = (world: World): FoundFunction | null => commandOf(world) ?? runnerOf(world);

export const withoutVersion = (name: string): string => name.replace(/@.*$/, "");

/**
 * By the whole name, without the version, without the interface: as long as only one is meant.
 * @throws CapsuleError `invalid_config` that lists what there is
 */
export function findFunction(world: World, wanted: string): FoundFunction {
  const all = exportedFunctions(world);
  const names: readonly ((found: FoundFunction) => string)[] = [
    callName,
    (found) => (found.interface === null ? found.name : `${withoutVersion(found.interface)}#${found.name}`),
    (found) =>
      found.interface === null ? found.name : `${withoutVersion(found.interface).split("/")[1]}#${found.name}`,
    (found) => found.name,
  ];
  for (const nameOf of names) {
    const found = all.filter((each) => nameOf(each) === wanted);
    const [one] = found;
    if (found.length === 1 && one !== undefined) return one;
    if (found.length > 1)
      throw invalid(`${quote(wanted)} is a function of several interfaces; name one of ${list(found)}`);
  }
  const meant = nearest(
    wanted,
    all.flatMap((found) => [callName(found), found.name]),
  );
  const advice = meant === null ? "" : `; did you mean ${quote(meant)}?`;
  throw invalid(`the component exports no function ${quote(wanted)}${advice}; ${choice(world)}`);
}

/** What can be named, for errors. */
export function choice(world: World): string {
  const all = exportedFunctions(world);
  return all.length === 0 ? "it exports no functions at all" : `it has ${list(all)}`;
}

function list(found: readonly FoundFunction[]): string {
  const shown = found.slice(0, 10).map((each) => quote(callName(each)));
  return `${shown.join(", ")}${found.length > 10 ? ` and ${found.length - 10} more` : ""}`;
}

const invalid = (message: string) => new CapsuleError("invalid_config", message);
