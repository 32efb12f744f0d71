/** Job: text in and out: what is printed is what was written, operator for operator; errors say where. Never: test wabt's grammar. */
import { InstrumentError } from "@capsule-run/instrument";
import { parseText, printText } from "@capsule-run/instrument/text";
import { expect, test } from "vitest";

const failure = async (work: Promise<unknown>): Promise<InstrumentError> => {
  const error = await work.then(
    () => expect.unreachable("it was accepted"),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(InstrumentError);
  return error as InstrumentError;
};

test("text becomes a module that runs, and is printed one operator a line", async () => {
  const bytes = await parseText(
    '(module (func (export "f") (param $n i32) (result i32) (i32.add (local.get $n) (i32.const 1))))',
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
  expect((exports.f as (n: number) => number)(41)).toBe(42);
  expect(await printText(bytes)).toContain("    local.get $n\n    i32.const 1\n    i32.add)");
});

test("printed text parses to the same bytes", async () => {
  const bytes = await parseText('(module (memory 1) (func $f loop $again nop br $again end) (data (i32.const 3) "x"))');
  expect(await parseText(await printText(bytes))).toEqual(bytes);
});

test.each([
  ["bad syntax", "(module\n (func $a foo))", /^a\.wat: line 2, column 11: unexpected token foo/],
  ["a type error", "(module (func (result i32) i64.const 1))", /^a\.wat: line 1, column 28: type mismatch/],
  ["an unknown name", "(module (func call $x))", /^a\.wat: line 1, column 20: undefined function variable "\$x"/],
  ["an end too early", "(module", /^a\.wat: line 1, column 8: unexpected token "EOF"/],
])("%s is a malformed module, with line and column", async (_, text, message) => {
  const error = await failure(parseText(text, { name: "a.wat" }));
  expect(error.code).toBe("malformed");
  expect(error.message).toMatch(message);
});

test.each([
  ["nothing", [], 0],
  ["a section cut off", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 2, 3], 10],
  ["a component", [0, 0x61, 0x73, 0x6d, 13, 0, 1, 0], 8],
])("%s cannot be printed: malformed, with the byte", async (_, bytes, offset) => {
  const error = await failure(printText(Uint8Array.from(bytes)));
  expect([error.code, error.offset]).toEqual(["malformed", offset]);
});
