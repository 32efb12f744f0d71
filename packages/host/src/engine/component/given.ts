/** Job: hold a component's imports against what every component is given. Never: compare types (the linker does); decide what is allowed: an interface that is here may still refuse. */
import type { DefinedType } from "@capsule-run/instrument/component";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import { servedName } from "../../wasi/preview2/versions.ts";
import { wasiWorld } from "../../wasi/preview2/world.ts";
import type { WitItem, World } from "./world/types.ts";

/** Interface without version → its functions. */
type Given = ReadonlyMap<string, ReadonlySet<string>>;

let known: Given | null = null;

/** Of the world that the linker checks types against, read once. */
function interfaces(): Given {
  if (known !== null) return known;
  const types: (DefinedType | null)[] = [];
  const given = new Map<string, ReadonlySet<string>>();
  for (const declaration of wasiWorld()) {
    if (declaration.kind === "type") types.push(declaration.type);
    else if (declaration.kind === "alias") types.push(null);
    else if (declaration.kind === "import" && declaration.extern.kind === "instance")
      given.set(declaration.name, functionsOf(types[declaration.extern.type] ?? null));
  }
  known = given;
  return given;
}

function functionsOf(type: DefinedType | null): ReadonlySet<string> {
  const declarations = type?.kind === "instance" ? type.declarations : [];
  return new Set(
    declarations.flatMap((each) =>
      each.kind === "export-declaration" && each.extern.kind === "func" ? each.name : [],
    ),
  );
}

/** What an import asks for and there is not, for errors; null: it is served. */
export function missingOf(name: string, item: WitItem): string | null {
  if (item.kind === "type") return null;
  if (item.kind !== "interface") return `the ${item.kind} ${quote(name)}`;
  const base = servedName(name);
  const given = base === null ? undefined : interfaces().get(base);
  if (given === undefined) return quote(name);
  for (const [inner, part] of item.items) {
    if (part.kind === "function" && !given.has(inner)) return `the function ${quote(inner)} of ${quote(name)}`;
  }
  return null;
}

/** @throws CapsuleError `build_error` that names what is missing, and what there is */
export function checkImports(world: World, path: string): void {
  const missing = [...world.imports].flatMap(([name, item]) => missingOf(name, item) ?? []);
  if (missing.length === 0) return;
  const packages = [...new Set([...interfaces().keys()].map((name) => name.replace(/\/.*/, "")))].sort();
  const shown = missing.slice(0, 5).join(", ");
  throw new CapsuleError(
    "build_error",
    `${quote(path)} imports ${shown}${missing.length > 5 ? ` and ${missing.length - 5} more` : ""}: not given here; ` +
      `a component may import ${packages.join(", ")} (WASI 0.2)`,
  );
}
