/**
 * Job: which of the host's interfaces serves an import of another version: those of the same compatible range.
 * Source: semver as Wasmtime's linker reads it: 1.2.3 is served by any 1.x.y, 0.2.3 by any 0.2.y, 0.0.3 and pre-releases only by themselves.
 * Never: look inside interfaces.
 */

const versioned = /^(.*)@(\d+)\.(\d+)\.(\d+)(?:\+[0-9A-Za-z.-]+)?$/;

/** Names with the same range serve each other; null: only the name itself does. */
export function compatibleRange(name: string): string | null {
  const match = versioned.exec(name);
  if (!match) return null;
  const [, base, major, minor] = match;
  if (major !== "0") return `${base}@${major}`;
  return minor === "0" ? null : `${base}@0.${minor}`;
}

/**
 * Looks up by name, then by range.
 * @example
 * ```ts
 * const find = byName(new Map([["wasi:cli/environment@0.2.8", environment]]));
 * find("wasi:cli/environment@0.2.0"); // environment
 * ```
 */
export function byName<Value>(given: ReadonlyMap<string, Value>): (name: string) => Value | undefined {
  const ranges = new Map<string, Value>();
  for (const [name, value] of given) {
    const range = compatibleRange(name);
    if (range !== null) ranges.set(range, value);
  }
  return (name) => {
    const exact = given.get(name);
    if (exact !== undefined) return exact;
    const range = compatibleRange(name);
    return range === null ? undefined : ranges.get(range);
  };
}
