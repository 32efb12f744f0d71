/** Job: the scanner of results says of every text what JSON.parse says, without building the value. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { deepestJson, isJsonText } from "../../packages/host/src/worker/inside/json-text.ts";

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.for([
  "",
  " ",
  "1",
  "-",
  "-0",
  "01",
  "1.",
  ".5",
  "1e5",
  "1E+05",
  "1e",
  "+1",
  "NaN",
  "Infinity",
  "nul",
  "null ",
  "truefalse",
  '"a"',
  '"a',
  '"\\"',
  '"\\u12"',
  '"\\u12aF"',
  '"\\x"',
  '"\t"',
  '"\u2028"',
  "[]",
  "[,]",
  "[1,]",
  "[1 2]",
  "[[]",
  "[]]",
  "{}",
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1,"a":2}',
  "{a:1}",
  "{'a':1}",
  ' { "a" : [ { } , [ ] , null ] } ',
  "1,2",
  "\ufeff1",
  "\u00a01",
  "//",
])("%j", (text) => {
  expect(isJsonText(text)).toBe(parses(text));
});

test("JSON of any value is accepted, and a change of one character is judged as JSON.parse judges it", () => {
  const marks = fc.constantFrom(...'[]{},:"\\0123456789.eE+-tfn \n', "\u0000", "é");
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.nat(), marks, fc.boolean(), (text, at, mark, isInsertion) => {
      expect(isJsonText(text)).toBe(true);
      const place = at % (text.length + 1);
      const changed = text.slice(0, place) + mark + text.slice(isInsertion ? place : place + 1);
      expect(isJsonText(changed), changed).toBe(parses(changed));
    }),
    { numRuns: 3000, seed: 20_241_121 },
  );
});

test("depth is bounded, length is not a matter of the stack", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(isJsonText(nested(deepestJson))).toBe(true);
  expect(isJsonText(nested(deepestJson + 1))).toBe(false);
  expect(isJsonText(`"${"x\\n".repeat(3_000_000)}"`)).toBe(true);
  expect(isJsonText("[".repeat(10_000_000))).toBe(false);
});
