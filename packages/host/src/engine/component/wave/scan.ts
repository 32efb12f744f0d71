/**
 * Job: the marks of WAVE in a text, one after the other: white space and comments passed, labels, numbers, characters and
 * strings read.
 * Never: know types (see parse.ts).
 * Source: the WAVE grammar of the wasm-wave crate, https://github.com/bytecodealliance/wasm-tools/tree/main/crates/wasm-wave.
 */
import { CapsuleError } from "../../../errors.ts";
import { quote } from "../../../policy/problem.ts";

const label = /%?[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*/y;
const number = /nan\b|-?(?:inf\b|(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)/y;
const lineEnd = /\r?\n/y;
const closingLine = / *"""/y;
const simpleEscapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  '"': '"',
  "'": "'",
  t: "\t",
  n: "\n",
  r: "\r",
};

export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get position(): number {
    return this.#at;
  }

  /**
   * @param where what is being read: "argument x of add"
   * @throws CapsuleError `invalid_config` that quotes the text at `from`, the place that is wrong
   */
  refuse(wanted: string, where: string, from = this.#at): never {
    const rest = this.#text.slice(from).trim();
    const found = rest === "" ? "the text ends" : `there is ${quote(rest)}`;
    throw new CapsuleError("invalid_config", `${where}: ${found} where ${wanted} is wanted`);
  }

  /** Passes white space and `// comments`. */
  space(): void {
    for (;;) {
      while (/\s/.test(this.#text[this.#at] ?? "x")) this.#at += 1;
      if (!this.#text.startsWith("//", this.#at)) return;
      const end = this.#text.indexOf("\n", this.#at);
      this.#at = end < 0 ? this.#text.length : end;
    }
  }

  get isAtEnd(): boolean {
    this.space();
    return this.#at === this.#text.length;
  }

  /** The next mark begins so. */
  sees(mark: string): boolean {
    this.space();
    return this.#text.startsWith(mark, this.#at);
  }

  /** Passes the mark where it is the next. */
  takes(mark: string): boolean {
    if (!this.sees(mark)) return false;
    this.#at += mark.length;
    return true;
  }

  expect(mark: string, where: string): void {
    if (!this.takes(mark)) this.refuse(`a ${JSON.stringify(mark)}`, where);
  }

  /** What stands between an opening mark, which was passed, and `close`, with commas between; the last may have one too. */
  list(close: string, where: string, item: (index: number) => void): void {
    for (let index = 0; !this.takes(close); index++) {
      if (index > 0) {
        if (!this.takes(",")) this.refuse(`"," or ${JSON.stringify(close)}`, where);
        if (this.takes(close)) return;
      }
      item(index);
    }
  }

  /** A label with its "%", which says that it is no keyword; null where there is none. */
  label(): string | null {
    this.space();
    return this.#match(label);
  }

  /** Forgets what was read since `position`. */
  back(position: number): void {
    this.#at = position;
  }

  /** The text of a number, of "nan", "inf" or "-inf"; null where there is none. */
  number(): string | null {
    this.space();
    return this.#match(number);
  }

  /** `'x'`: one character (Unicode scalar value). */
  character(where: string): string {
    const from = this.#at;
    if (!this.takes("'")) this.refuse("a character such as 'x'", where);
    const value = this.#character("'", where);
    if (value === null || this.#text[this.#at] !== "'")
      this.refuse("one character between quotes, such as 'x'", where, from);
    this.#at += 1;
    return value;
  }

  /** `"text"`, or lines between `"""`. */
  string(where: string): string {
    if (!this.sees('"')) this.refuse('a string such as "text"', where);
    if (this.#text.startsWith('"""', this.#at)) return this.#lines(where);
    this.#at += 1;
    let value = "";
    for (;;) {
      const character = this.#character('"', where);
      if (character === null) break;
      value += character;
    }
    if (this.#text[this.#at] !== '"') this.refuse("the end of a string, a double quote,", where);
    this.#at += 1;
    return value;
  }

  /** The next character, an escape read; null at `end`, at a line's end and at the end of the text. */
  #character(end: string, where: string): string | null {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) return null;
    const character = String.fromCodePoint(point);
    if (character === end || character === "\n" || character === "\r") return null;
    if (point >= 0xd800 && point < 0xe000) return this.refuse("a character of Unicode", where);
    if (character !== "\\") {
      this.#at += character.length;
      return character;
    }
    return this.#escape(where);
  }

  #escape(where: string): string {
    const from = this.#at;
    const letter = this.#text[from + 1] ?? "";
    const simple = Object.hasOwn(simpleEscapes, letter) ? simpleEscapes[letter] : undefined;
    if (simple !== undefined) {
      this.#at += 2;
      return simple;
    }
    const found = /^\\u\{([0-9a-fA-F]{1,6})\}/.exec(this.#text.slice(from, from + 12));
    const point = Number.parseInt(found?.[1] ?? "", 16);
    if (found === null || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
      return this.refuse("an escape, one of \\\\ \\' \\\" \\t \\n \\r \\u{1F44B},", where, from);
    this.#at += found[0].length;
    return String.fromCodePoint(point);
  }

  /** Lines between `"""`, each begun with the spaces of the last; every line feed between two of them counts. */
  #lines(where: string): string {
    const from = this.#at;
    this.#at += 3;
    if (this.#match(lineEnd) === null) this.refuse('a line feed after """', where, from);
    const lines: string[] = [];
    for (;;) {
      const closing = this.#match(closingLine);
      if (closing !== null) {
        const indent = closing.slice(0, -3);
        if (!lines.every((line) => line.startsWith(indent) || line.trim() === ""))
          this.refuse('lines begun with the spaces before the closing """', where, from);
        return lines.map((line) => line.slice(indent.length)).join("\n");
      }
      let line = "";
      // Here a quote is a character like any other; three of them, none escaped, are not.
      let quotes = 0;
      for (;;) {
        quotes = this.#text[this.#at] === '"' ? quotes + 1 : 0;
        const next = this.#character("\n", where);
        if (next === null) break;
        if (quotes === 3) this.refuse('""" on a line of its own', where, from);
        line += next;
      }
      lines.push(line);
      if (this.#match(lineEnd) === null) this.refuse('the closing """', where, from);
    }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at = pattern.lastIndex;
    return found[0];
  }
}
