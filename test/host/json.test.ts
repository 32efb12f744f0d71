/** Job: JSON in both directions without losing a digit; envelopes keep the guest's own text. */
import { envelopeText, parseJson, stringifyJson } from "@capsule-run/host";
import { describe, expect, test } from "vitest";
import { makeEnvelope } from "../../packages/host/src/task/envelope.ts";

describe("parseJson", () => {
  test.each([
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["1180591620717411303424", 2n ** 70n],
    ["-0", -0],
    ["1.0", 1],
    ["0.1", 0.1],
    ["12345678901234567890.5", 12345678901234567000],
    ["1e400", Number.POSITIVE_INFINITY],
    ['{"a": [9007199254740993]}', { a: [9007199254740993n] }],
    ['"9007199254740993123"', "9007199254740993123"],
  ])("%s", (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  test("a name cannot reach a prototype", () => {
    const value = parseJson('{"__proto__": {"polluted": 1}, "n": 9007199254740993}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("refuses what is no JSON, and integers that nobody can mean", () => {
    expect(() => parseJson("{a: 1}")).toThrow(SyntaxError);
    expect(() => parseJson("9".repeat(10_001))).toThrow(RangeError);
  });
});

describe("stringifyJson", () => {
  test.each<readonly [unknown, string]>([
    [[2n ** 70n, -0, 1.5, "é", null, true], '[1180591620717411303424,-0.0,1.5,"é",null,true]'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [Object.assign(Object.create(null), { x: 1 }), '{"x":1}'],
  ])("%o", (value, text) => {
    expect(stringifyJson(value, "args")).toBe(text);
    expect(stringifyJson(parseJson(text), "args")).toBe(text);
  });

  test.each<readonly [unknown, string]>([
    [[{ a: [Number.NaN] }], 'args[0]["a"][0] is NaN'],
    [[Number.POSITIVE_INFINITY], "args[0] is Infinity"],
    [[undefined], "args[0] is undefined"],
    [[() => 1], "args[0] is function"],
    [[new Date(0)], "args[0] is a Date"],
    [[new Map()], "args[0] is a Map"],
    [[new Uint8Array(1)], "args[0] is a Uint8Array"],
  ])("refuses %o", (value, part) => {
    expect(() => stringifyJson(value, "args")).toThrow(part);
    expect(() => stringifyJson(value, "args")).toThrow(TypeError);
  });

  test("refuses a cycle", () => {
    const cycle: unknown[] = [];
    cycle.push([cycle]);
    expect(() => stringifyJson(cycle, "args")).toThrow("args[0][0] contains itself");
  });

  test("the same object in two places is no cycle", () => {
    const shared = { a: 1 };
    expect(stringifyJson([shared, shared], "args")).toBe('[{"a":1},{"a":1}]');
  });
});

test("an envelope's text holds the guest's text as it came", () => {
  const envelope = makeEnvelope('{"x": 1.0, "big": 123456789012345678901, "error_type": "mine"}', null, {
    task_name: 'a "task"',
    duration_ms: 1,
    retries: 0,
    fuel_consumed: 2n ** 62n,
    ram_used: 1,
    engine: { name: "e", version: "1" },
    host_requests: [],
  });
  expect(envelopeText(envelope)).toBe(
    '{"success":true,"result":{"x": 1.0, "big": 123456789012345678901, "error_type": "mine"},"error":null,"execution":{"task_name":"a \\"task\\"","duration_ms":1,"retries":0,"fuel_consumed":4611686018427387904,"ram_used":1,"engine":{"name":"e","version":"1"},"host_requests":[]}}',
  );
  expect(envelope.result).toEqual({ x: 1, big: 123456789012345678901n, error_type: "mine" });
});
