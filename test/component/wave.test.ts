/** Job: WAVE texts and the values that they are, by type; and what is refused, in which words. */
import { describe, expect, test } from "vitest";
import { fitArguments } from "../../packages/host/src/engine/component/fit.ts";
import { parseArguments } from "../../packages/host/src/engine/component/wave/parse.ts";
import type { WitType } from "../../packages/host/src/engine/component/world/types.ts";

type Primitive = Extract<WitType, { kind: "primitive" }>["primitive"];
const of = (primitive: Primitive): WitType => ({ kind: "primitive", primitive });
const list = (element: WitType, length: number | null = null): WitType => ({ kind: "list", element, length });
const tuple = (...elements: WitType[]): WitType => ({ kind: "tuple", elements });
const option = (element: WitType): WitType => ({ kind: "option", element });
const result = (ok: WitType | null, error: WitType | null): WitType => ({ kind: "result", ok, error });
const record = (fields: Record<string, WitType>): WitType => ({
  kind: "record",
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});
const variant = (cases: Record<string, WitType | null>): WitType => ({
  kind: "variant",
  cases: Object.entries(cases).map(([name, type]) => ({ name, type })),
});
const color: WitType = { kind: "enum", names: ["red", "dark-green", "true"] };
const marks: WitType = { kind: "flags", names: ["filled", "dashed"] };
const person = record({ name: of("string"), age: option(of("u8")) });
const shape = variant({ empty: null, circle: of("f64"), polygon: list(tuple(of("f64"), of("f64"))) });

const parse = (text: string, type: WitType) => parseArguments(text, [{ name: "x", type }], "f")[0];
const fit = (value: unknown, type: WitType) => fitArguments([value], [{ name: "x", type }], "f")[0];

describe("a text and its value", () => {
  test.each<[string, WitType, unknown]>([
    ["true", of("bool"), true],
    ["false", of("bool"), false],
    ["0", of("u8"), 0],
    ["255", of("u8"), 255],
    ["-128", of("s8"), -128],
    ["-2147483648", of("s32"), -2147483648],
    ["18446744073709551615", of("u64"), 18446744073709551615n],
    ["-9223372036854775808", of("s64"), -9223372036854775808n],
    ["1", of("f32"), 1],
    ["-2.5e-3", of("f64"), -0.0025],
    ["-0", of("f64"), -0],
    ["nan", of("f64"), Number.NaN],
    ["inf", of("f64"), Number.POSITIVE_INFINITY],
    ["-inf", of("f32"), Number.NEGATIVE_INFINITY],
    ["'x'", of("char"), "x"],
    ["'☃'", of("char"), "☃"],
    ["'\\u{1F44B}'", of("char"), "👋"],
    ["'\\''", of("char"), "'"],
    ["'\"'", of("char"), '"'],
    ['"two words"', of("string"), "two words"],
    ['""', of("string"), ""],
    ['"a\\t\\"b\\"\\\\\\n\\u{e9}"', of("string"), 'a\t"b"\\\né'],
    ['"it\'s"', of("string"), "it's"],
    ['"""\n  one\n    "two"\n  """', of("string"), 'one\n  "two"'],
    ['"""\n"""', of("string"), ""],
    ['"""\n\\"\\"\\" ""\\" x\n"""', of("string"), '""" """ x'],
    ["[]", list(of("u32")), []],
    ["[1, 2, 3]", list(of("u32")), [1, 2, 3]],
    ["[ 1,2, ]", list(of("u32")), [1, 2]],
    ["[[true], []]", list(list(of("bool"))), [[true], []]],
    ["[1, 2]", list(of("u32"), 2), [1, 2]],
    ["[0, 255]", list(of("u8")), Uint8Array.of(0, 255)],
    ['("a", 1)', tuple(of("string"), of("u8")), ["a", 1]],
    ["(1,)", tuple(of("u8")), [1]],
    ['{name: "Ada", age: some(36)}', person, { name: "Ada", age: 36 }],
    ['{age: 36, name: "Ada"}', person, { name: "Ada", age: 36 }],
    ['{name: "Ada"}', person, { name: "Ada", age: null }],
    ["{:}", record({ a: option(of("u8")) }), { a: null }],
    ["{%name: 1,}", record({ name: of("u8") }), { name: 1 }],
    ["red", color, "red"],
    ["dark-green", color, "dark-green"],
    ["%true", color, "true"],
    ["{}", marks, { filled: false, dashed: false }],
    ["{dashed}", marks, { filled: false, dashed: true }],
    ["{dashed, filled}", marks, { filled: true, dashed: true }],
    ["empty", shape, { tag: "empty" }],
    ["circle(1.5)", shape, { tag: "circle", val: 1.5 }],
    [
      "polygon([(0, 1), (2, 3)])",
      shape,
      {
        tag: "polygon",
        val: [
          [0, 1],
          [2, 3],
        ],
      },
    ],
    ["none", option(of("u8")), null],
    ["some(1)", option(of("u8")), 1],
    ["1", option(of("u8")), 1],
    ["none", option(option(of("u8"))), null],
    ["some(none)", option(option(of("u8"))), { some: null }],
    ["some(some(1))", option(option(of("u8"))), { some: 1 }],
    ["some(1)", option(option(of("u8"))), { some: 1 }],
    ["ok", result(null, null), { tag: "ok" }],
    ["err", result(of("u8"), null), { tag: "err" }],
    ["ok(1)", result(of("u8"), of("string")), { tag: "ok", val: 1 }],
    ["1", result(of("u8"), of("string")), { tag: "ok", val: 1 }],
    ['err("no")', result(of("u8"), of("string")), { tag: "err", val: "no" }],
    ["  1 // a comment\n", of("u8"), 1],
    ["[ // first\n 1,\n // second\n 2]", list(of("u16")), [1, 2]],
  ])("%s", (text, type, value) => {
    expect(parse(text, type)).toEqual(value);
    // What a text means is what a program may give.
    expect(fit(value, type)).toEqual(value);
  });
});

describe("refused, with the text and the type", () => {
  test.each<[string, WitType, RegExp]>([
    ["256", of("u8"), /argument x of f: there is "256" where u8, a whole number from 0 to 255, is wanted/],
    ["-1", of("u64"), /from 0 to 18446744073709551615/],
    ["1.0", of("s32"), /"1\.0" where s32/],
    ["01", of("u8"), /where the end of the arguments is wanted/],
    ["0x10", of("u8"), /"x10"/],
    ["1e3", of("u16"), /where u16/],
    ["123456789012345678901234567890", of("u64"), /where u64/],
    ['"1"', of("u8"), /where u8/],
    ["True", of("bool"), /"True" where true or false is wanted/],
    ["nanny", of("f64"), /where f64/],
    ["'ab'", of("char"), /one character between quotes/],
    ["''", of("char"), /one character between quotes/],
    ["'\\u{d800}'", of("char"), /where an escape/],
    ['"\\x41"', of("string"), /where an escape/],
    ['"open', of("string"), /end of a string/],
    ['"line\nbreak"', of("string"), /end of a string/],
    ["word", of("string"), /a string such as/],
    ['"""\n  a\n b\n  """', of("string"), /spaces before the closing/],
    ['"""one line"""', of("string"), /a line feed/],
    ['"""\na"""\n"""', of("string"), /""" on a line of its own/],
    ["[1 2]", list(of("u8")), /"," or "]"/],
    ["[1", list(of("u8")), /the text ends/],
    ["[300]", list(of("u8")), /"300\]" where u8/],
    ["[1, 2, 3]", list(of("u8"), 2), /which has 2 elements/],
    ["(1)", tuple(of("u8"), of("u8")), /which has 2 elements/],
    ["(1, 2, 3)", tuple(of("u8"), of("u8")), /tuple<u8, u8>/],
    ['{nam: "Ada"}', person, /one of the fields name, age/],
    ['{name: "a", name: "b"}', person, /one of the fields age/],
    ["{age: 1}", person, /the field name: string/],
    ["green", color, /one of red, dark-green, true/],
    ["true", variant({ other: null }), /one of other/],
    ["{dotted}", marks, /one of the flags filled, dashed/],
    ["circle", shape, /a "\("/],
    ["empty(1)", shape, /the end of the arguments/],
    ["1", option(option(of("u8"))), /where option<option<u8>>/],
    ["some", option(of("u8")), /a "\("/],
    ["ok(1)", result(null, null), /the end of the arguments/],
    ["", of("u8"), /f takes 1 argument \(x: u8\); 0 given/],
    ["1, 2", of("u8"), /f takes 1 argument \(x: u8\): there is "2"/],
    ["1 2", of("u8"), /the end of the arguments/],
    ["5", { kind: "borrow", resource: "file" }, /a resource \(borrow<file>\), which cannot be given from outside/],
  ])("%s", (text, type, message) => {
    expect(() => parse(text, type)).toThrow(message);
    expect(() => parse(text, type)).toThrow(expect.objectContaining({ code: "invalid_config" }));
  });

  test.each<[unknown, WitType, RegExp]>([
    [256, of("u8"), /argument x of f is 256; it takes u8, a whole number from 0 to 255$/],
    [1.5, of("u8"), /is 1\.5; it takes u8/],
    [2 ** 53, of("u64"), /it takes u64/],
    ["1", of("u8"), /is "1"; it takes u8/],
    [1, of("bool"), /it takes bool/],
    [1n, of("f64"), /it takes f64/],
    ["\ud800", of("string"), /whole Unicode characters/],
    ["ab", of("char"), /one Unicode character/],
    [[1], tuple(of("u8"), of("u8")), /an array of 2/],
    [[1, "2"], list(of("u8")), /argument x\[1\] of f is "2"|x of f\[1\] is "2"/],
    [{ name: "Ada", agee: 1 }, person, /it takes no "agee"; it has name, age/],
    [{ age: 1 }, person, /\.name is undefined; it takes string/],
    [{ filled: 1 }, marks, /it takes flags/],
    ["blue", color, /one of red/],
    [{ tag: "square" }, shape, /its tag one of empty, circle, polygon/],
    [{ tag: "empty", val: 1 }, shape, /no val beside the tag "empty"/],
    [{ tag: "okay" }, result(null, null), /tag: "ok"/],
    [1, option(option(of("u8"))), /null or \{ some/],
    [{}, { kind: "own", resource: null }, /a resource/],
  ])("the value %s", (value, type, message) => {
    expect(() => fit(value, type)).toThrow(message);
  });

  test("types that are nested without end", () => {
    let type = of("u8");
    for (let depth = 0; depth < 100_000; depth++) type = list(type);
    expect(() => parse("[".repeat(50_000), type)).toThrow(/deeper than 100/);
    let value: unknown = 1;
    for (let depth = 0; depth < 1000; depth++) value = [value];
    expect(() => fit(value, type)).toThrow(/deeper than 100/);
    expect(() => parse("1", type)).toThrow(/list<list<.*…/);
  });

  test("a megabyte in one line of lines", () => {
    const line = "x".repeat(1_000_000);
    expect(parse(`"""\n${line}\n"""`, of("string"))).toBe(line);
  });

  test("more text than is read", () => {
    expect(() => parse(" ".repeat(2_000_000), of("u8"))).toThrow(/2000000 characters; at most 1048576 are read/);
  });
});
