/** Job: lead the lines of a guest's stack from the bundled program back to the user's own files. Never: trust the text; a line that is not understood stays as it is. */
import { SourceMap } from "node:module";

/** "    at name (program.js:12:34)", as QuickJS writes it. */
const place = /\(?\bprogram\.js:(\d{1,9})(?::(\d{1,9}))?\)?/g;

export function explainStack(text: string, sourceMap: string): string {
  if (sourceMap === "" || !text.includes("program.js")) return text;
  const map = new SourceMap(JSON.parse(sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
  return text.replace(place, (whole, line: string, column: string | undefined) => {
    const found = map.findEntry(Number(line) - 1, Number(column ?? "1") - 1);
    if (!("originalSource" in found)) return whole;
    const where = `${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`;
    return whole.startsWith("(") ? `(${where})` : where;
  });
}
