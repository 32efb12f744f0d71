/** Job: read the text of a `.env` file. Never: expand variables, run anything, or touch the process's environment. */
import { CapsuleError } from "../errors.ts";
import { quote } from "./problem.ts";

/**
 * The accepted form, line by line; anything else is an error that names file and line:
 *
 * - empty lines and lines that begin with `#`;
 * - `NAME=value`, also after `export `; blanks around name and value do not count; ` #` ends an unquoted value;
 * - `'…'` and backticks: everything as it stands; `"…"`: `\n \r \t \" \\` and `\$` are escapes. Quoted values may span lines.
 *
 * No `$NAME` expansion: a value with `$` is that value. A name that comes twice has its last value.
 * @param text the file's text
 * @param file its name, for errors
 */
export function parseDotenv(text: string, file: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  for (let index = 0; index < lines.length; index++) {
    const start = index;
    const fail = (allowed: string): never => {
      // The line may hold a secret: only what comes before the "=" is repeated.
      throw new CapsuleError(
        "invalid_config",
        `${file}:${start + 1}: ${quote(lines[start]!.split("=")[0])} … is no line of a .env file; ${allowed}`,
      );
    };
    const line = lines[index]!.trim();
    if (line === "" || line.startsWith("#")) continue;
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/s.exec(line);
    if (match === null) return fail("write NAME=value, and # before a remark");
    let value = match[2]!;
    const mark = value[0];
    if (mark === '"' || mark === "'" || mark === "`") {
      let body = value.slice(1);
      let end = closing(body, mark, 0);
      while (end < 0 && index + 1 < lines.length) {
        const searched = body.length;
        body += `\n${lines[++index]!}`;
        end = closing(body, mark, searched);
      }
      if (end < 0) return fail(`the quotation mark ${mark} is not closed`);
      if (!/^\s*(#.*)?$/.test(body.slice(end + 1)))
        return fail("nothing but a remark may follow the closing quotation mark");
      value = mark === '"' ? withEscapes(body.slice(0, end)) : body.slice(0, end);
    } else {
      value = value.replace(/(^|\s)#.*$/, "").trim();
    }
    if (value.includes("\0")) return fail("a value holds no NUL");
    values.set(match[1]!, value);
  }
  return values;
}

/** Index of the quotation mark that closes `body`, from `start` on, or −1; a backslash hides it in double quotes only. */
function closing(body: string, mark: string, start: number): number {
  for (let index = start; index < body.length; index++) {
    if (mark === '"' && body[index] === "\\") index++;
    else if (body[index] === mark) return index;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$" };
const withEscapes = (text: string) =>
  text.replace(/\\(.)/gs, (whole, character: string) => escapes[character] ?? whole);
