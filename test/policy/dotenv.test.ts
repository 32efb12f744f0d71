/** Job: `.env` files: the accepted form, the errors, and agreement with Node's own reader where both accept. */
import { parseEnv } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CapsuleError } from "../../packages/host/src/errors.ts";
import { parseDotenv } from "../../packages/host/src/policy/dotenv.ts";
import { refusal } from "./support.ts";

const read = (text: string) => Object.fromEntries(parseDotenv(text, ".env"));

describe("accepted", () => {
  test.each([
    ["A=1", { A: "1" }],
    ["A = 1 ", { A: "1" }],
    ["export A=1", { A: "1" }],
    ["A=", { A: "" }],
    ["\n# remark\n\nA=1 # remark\n", { A: "1" }],
    ["A=a#b", { A: "a#b" }],
    ["A=#b", { A: "" }],
    ["A='a # b'", { A: "a # b" }],
    ['A="a\\nb\\t\\"c\\" \\\\ \\$"', { A: 'a\nb\t"c" \\ $' }],
    ["A='a\\nb'", { A: "a\\nb" }],
    ['A=`it\'s "x"`', { A: 'it\'s "x"' }],
    ['A="two\nlines"\nB=2', { A: "two\nlines", B: "2" }],
    ['A="x" # remark', { A: "x" }],
    ["A=$B $(B)", { A: "$B $(B)" }],
    ["A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["\ufeffA=1", { A: "1" }],
    ["A=1\nA=2", { A: "2" }],
    ["A=a=b", { A: "a=b" }],
    ["a.b-c=1", { "a.b-c": "1" }],
    ["__proto__=1", JSON.parse('{"__proto__":"1"}')],
  ])("%j", (text, values) => expect(read(text)).toEqual(values));
});

describe("refused, with file and line, without the value", () => {
  test.each([
    ["A", ".env:1:"],
    ["B=1\nA", ".env:2:"],
    ["1A=s3cret", ".env:1:"],
    ["A B=s3cret", ".env:1:"],
    ["=s3cret", ".env:1:"],
    ['B=1\nA="s3cret', ".env:2:"],
    ["A='x' s3cret", ".env:1:"],
    ["A=s3cret\u0000", ".env:1:"],
  ])("%j", (text, place) => {
    const message = refusal(() => parseDotenv(text, ".env"));
    expect(message).toContain(place);
    expect(message).not.toContain("s3cret");
  });
});

test("plain files mean what they mean to Node", () => {
  const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
  const value = fc.oneof(fc.stringMatching(/^[a-z0-9:/.=+-]{0,12}$/), fc.stringMatching(/^'[a-z0-9 #"]{0,12}'$/));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
      const text = pairs.map(([key, content]) => `${key}=${content}`).join("\n");
      expect(read(text)).toEqual({ ...parseEnv(text) });
    }),
  );
});

test("any text is variables or invalid_config", () => {
  const line = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[A-Z]=["'`]?[a-z\\ #]*["'`]?$/));
  fc.assert(
    fc.property(
      fc.array(line).map((lines) => lines.join("\n")),
      (text) => {
        try {
          parseDotenv(text, ".env");
        } catch (error) {
          if (!(error instanceof CapsuleError)) throw error;
        }
      },
    ),
    { numRuns: 2000 },
  );
});
