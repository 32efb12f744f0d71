/** Job: read the text format's S-expressions, keeping where each stands. Never: know what they mean. */

export type Expression = Atom | Text | List;
export interface Atom {
  readonly kind: "atom";
  readonly text: string;
}
export interface Text {
  readonly kind: "string";
  /** Decoded; a string of the text format may hold bytes that are no UTF-8. */
  readonly bytes: Uint8Array;
}
export interface List {
  readonly kind: "list";
  readonly items: readonly Expression[];
  /** Offsets in the source, and the line (from 1) where it begins. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** Whitespace, a line comment, or the beginning of a block comment. */
const blank = /[ \t\r\n]+|;;[^\n]*|\(;/y;
const atom = /[^\s()";]+/y;
const escapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '"': 34, "'": 39, "\\": 92 };

/** All lists at the top of `source`. Throws on what is not balanced. */
export function readExpressions(source: string): List[] {
  const top: Expression[] = [];
  const open: { items: Expression[]; start: number; line: number }[] = [];
  let at = 0;
  let line = 1;
  const add = (expression: Expression) => (open.at(-1)?.items ?? top).push(expression);
  const skip = (to: number) => {
    for (; at < to; at++) if (source[at] === "\n") line++;
  };
  while (at < source.length) {
    blank.lastIndex = at;
    const space = blank.exec(source);
    if (space !== null) {
      skip(space[0] === "(;" ? endOfComment(source, at) : blank.lastIndex);
      continue;
    }
    const character = source[at]!;
    if (character === "(") {
      open.push({ items: [], start: at, line });
      at++;
    } else if (character === ")") {
      const list = open.pop();
      if (list === undefined) throw new Error(`line ${line}: a ")" closes nothing`);
      at++;
      add({ kind: "list", ...list, end: at });
    } else if (character === '"') {
      const end = endOfString(source, at);
      add({ kind: "string", bytes: decodeEscapes(source.slice(at + 1, end - 1)) });
      skip(end);
    } else {
      atom.lastIndex = at;
      const found = atom.exec(source);
      if (found === null) throw new Error(`line ${line}: ${JSON.stringify(character)} begins nothing`);
      // An annotation's or identifier's string form: $"name", @"name".
      const quoted = source[atom.lastIndex] === '"' && /^[$@]$/.test(found[0]);
      const end = quoted ? endOfString(source, atom.lastIndex) : atom.lastIndex;
      add({ kind: "atom", text: source.slice(at, end) });
      skip(end);
    }
  }
  if (open.length > 0) throw new Error(`the "(" of line ${open[0]!.line} is not closed`);
  return top.filter((expression) => expression.kind === "list");
}

function endOfComment(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    if (source.startsWith("(;", at)) depth++;
    else if (source.startsWith(";)", at)) depth--;
    else continue;
    at++;
    if (depth === 0) return at + 1;
  }
  throw new Error("a block comment is not closed");
}

function endOfString(source: string, from: number): number {
  for (let at = from + 1; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === '"') return at + 1;
  }
  throw new Error("a string is not closed");
}

function decodeEscapes(text: string): Uint8Array {
  const out: number[] = [];
  const encoder = new TextEncoder();
  for (const [part, code, hex] of text.matchAll(/\\u\{([0-9a-fA-F_]+)\}|\\([0-9a-fA-F]{2})|\\.|[^\\]+/gsu)) {
    if (code !== undefined)
      out.push(...encoder.encode(String.fromCodePoint(Number.parseInt(code.replaceAll("_", ""), 16))));
    else if (hex !== undefined) out.push(Number.parseInt(hex, 16));
    else if (part[0] === "\\") out.push(escapes[part[1]!]!);
    else for (const byte of encoder.encode(part)) out.push(byte);
  }
  return Uint8Array.from(out);
}

export const textOf = (expression: Expression | undefined): string => {
  if (expression?.kind !== "string") throw new Error(`a string was expected, not ${expression?.kind}`);
  return new TextDecoder().decode(expression.bytes);
};

/** The word that a list begins with. */
export const headOf = (list: List): string => (list.items[0]?.kind === "atom" ? list.items[0].text : "");
