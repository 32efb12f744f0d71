/** Job: environment variables by name: check the names, find the values. Never: read process.env by itself. */
import type { Fail } from "./problem.ts";

/** A portable variable name. */
export function parseVariableName(value: unknown, fail: Fail): string {
  if (typeof value !== "string" || value.length > 256 || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(value))
    return fail('the name of a variable such as "API_KEY" (letters, digits, "_", "-" and ".")');
  return value;
}

/** Variables of a process; `process.env` fits. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The named variables that have a value: the host's environment first, then the project's `.env` files. */
export function resolveVariables(
  names: readonly string[],
  hostEnv: Variables,
  projectEnv: ReadonlyMap<string, string>,
): readonly (readonly [name: string, value: string])[] {
  const found: (readonly [string, string])[] = [];
  for (const name of new Set(names)) {
    const value = (Object.hasOwn(hostEnv, name) ? hostEnv[name] : undefined) ?? projectEnv.get(name);
    if (value !== undefined) found.push(Object.freeze([name, value] as const));
  }
  return Object.freeze(found);
}
