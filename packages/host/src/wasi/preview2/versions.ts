/** Job: which version of an interface an import asks for, and whether it is one that is served. Never: look inside interfaces. */

/**
 * The interface's name without its version; null where that version is another one than is here. WASI 0.2 grows only: any
 * 0.2.x is served alike. Other packages have one version, whatever they call it.
 * @example
 * ```ts
 * servedName("wasi:cli/environment@0.2.6"); // "wasi:cli/environment"
 * servedName("wasi:cli/environment@0.3.0"); // null
 * ```
 */
export function servedName(name: string): string | null {
  const at = name.indexOf("@");
  const base = at < 0 ? name : name.slice(0, at);
  if (at < 0 || !base.startsWith("wasi:")) return base;
  return /^0\.2\.\d+(?:\+[0-9A-Za-z.-]+)?$/.test(name.slice(at + 1)) ? base : null;
}
