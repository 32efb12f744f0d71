/** Job: hold a component's imports against what every component is given. Never: instantiate; decide what is allowed: an interface that is here may still refuse. */
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import { defaultQuotas } from "../../wasi/config.ts";
import { Kernel } from "../../wasi/kernel.ts";
import { servedName } from "../../wasi/preview2/versions.ts";
import { type Preview2, preview2 } from "../../wasi/preview2.ts";
import type { WitItem, World } from "./world/types.ts";

let known: Preview2 | null = null;

/** The interfaces of a guest without any rights: what there is, not what it may. */
function interfaces(): Preview2 {
  if (known !== null) return known;
  const never = (): never => {
    throw new TypeError("nothing is called here");
  };
  const services = { output: never, input: never, sleep: never, denied: never, exhaust: never, devices: new Map() };
  const nothing = { args: [], env: [], mounts: [], preopens: [], quotas: defaultQuotas } as const;
  const kernel = new Kernel({ ...nothing, clock: { kind: "real" }, random: { kind: "host" } }, services);
  known = preview2(kernel, { http: { start: never, arrived: never, take: never }, runTask: never });
  return known;
}

/** What an import asks for and there is not, for errors; null: it is served. */
export function missingOf(name: string, item: WitItem): string | null {
  if (item.kind === "type") return null;
  if (item.kind !== "interface") return `the ${item.kind} ${quote(name)}`;
  const base = servedName(name);
  const given = base === null ? undefined : interfaces().get(base);
  if (given === undefined) return quote(name);
  for (const [inner, part] of item.items) {
    if (part.kind === "function" && !given.functions.has(inner))
      return `the function ${quote(inner)} of ${quote(name)}`;
  }
  return null;
}

/** @throws CapsuleError `build_error` that names what is missing, and what there is */
export function checkImports(world: World, path: string): void {
  const missing = [...world.imports].flatMap(([name, item]) => missingOf(name, item) ?? []);
  if (missing.length === 0) return;
  const packages = [...new Set([...interfaces().keys()].map((name) => name.replace(/\/.*/, "")))];
  const shown = missing.slice(0, 5).join(", ");
  throw new CapsuleError(
    "build_error",
    `${quote(path)} imports ${shown}${missing.length > 5 ? ` and ${missing.length - 5} more` : ""}, which are not here; ` +
      `a component may import ${packages.join(", ")} (WASI 0.2)`,
  );
}
