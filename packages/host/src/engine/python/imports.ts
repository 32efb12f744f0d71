/** Job: the names that the text of a Python module imports, as far as a text shows them. Never: run it. */

/** Top-level names that a text may import: statements, and calls with a plain string. */
export function importedNames(text: string): Set<string> {
  const names = new Set<string>();
  const add = (dotted: string) => {
    const name = dotted.trim().split(".")[0]!;
    if (isModuleName(name)) names.add(name);
  };
  for (const [, from, list] of text.matchAll(
    /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([^#;\r\n]+))/gm,
  )) {
    if (from !== undefined) add(from);
    for (const item of list?.split(",") ?? []) add(item.trim().split(/\s/)[0]!);
  }
  for (const [, name] of text.matchAll(/\b(?:import_module|__import__)\(\s*["']([\w.]+)["']/g)) add(name!);
  return names;
}

export const isModuleName = (name: string): boolean =>
  /^[A-Za-z_]\w*$/.test(name) && name !== "node_modules" && name !== "__pycache__";
