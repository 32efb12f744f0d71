/**
 * Job: say whether a text is one JSON value (RFC 8259), without making it: a guest's result goes on as the text that it is.
 * Never: allocate by what the text says; recurse.
 *
 * Why not JSON.parse: it is right but builds the value, and 16 MB of "[[[[…" are a gigabyte of arrays.
 */

/** Containers within containers: more than any program means, few enough for every reader that recurses. */
export const deepestJson = 1000;

// None of them has a repeated alternative: V8 would keep a way back for each repetition, and 20 MB of text overflow that.
const space = /[ \t\n\r]*/y;
const plain = /[^"\\\u0000-\u001f]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const simple = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

/** `mostValues`: a text of more is refused too; for who parses it afterwards, into values on the thread's own heap. */
export function isJsonText(text: string, mostValues = Number.POSITIVE_INFINITY): boolean {
  let at = 0;
  let values = 0;
  /** Moves past `pattern`; false where it does not match. */
  const past = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const pastMark = (mark: string): boolean => {
    past(space);
    if (text[at] !== mark) return false;
    at += 1;
    return true;
  };
  const pastString = (): boolean => {
    if (!pastMark('"')) return false;
    do past(plain);
    while (past(escaped));
    if (text[at] !== '"') return false;
    at += 1;
    return true;
  };
  /** The closing brackets that are due, innermost last. */
  const due: ("]" | "}")[] = [];
  for (;;) {
    // Here a value is due.
    if (++values > mostValues) return false;
    const closing = pastMark("[") ? "]" : pastMark("{") ? "}" : null;
    if (closing === null) {
      if (!(text[at] === '"' ? pastString() : past(simple))) return false;
    } else if (due.length >= deepestJson) {
      return false;
    } else if (!pastMark(closing)) {
      due.push(closing);
      if (closing === "}" && !(pastString() && pastMark(":"))) return false;
      continue;
    }
    // Here a value has ended.
    for (;;) {
      const open = due.at(-1);
      if (open === undefined) {
        past(space);
        return at === text.length;
      }
      if (pastMark(open)) due.pop();
      else if (!pastMark(",")) return false;
      else if (open === "}" && !(pastString() && pastMark(":"))) return false;
      else break;
    }
  }
}
