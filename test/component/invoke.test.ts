/** Job: any export, called from outside: WAVE or values in, JSON out, for every type; how functions are named; what a result says of failure. */
import { describe, expect, test } from "vitest";
import { componentHost, fromText } from "./run-support.ts";
import { allocator } from "./run-worlds.ts";

const host = await componentHost();

/** Core functions that give back what they get: one value, or two or three words through memory. */
const echoes = `(core module $m
  (memory (export "memory") 1)
  ${allocator(1024)}
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "two") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
  (func (export "three") (param i32 i32 i32) (result i32)
    (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1))
    (i32.store (i32.const 8) (local.get 2)) (i32.const 0))
  (func (export "none")))
  (core instance $i (instantiate $m))`;

/** An exported function of one parameter and a result of the same type. */
const lifted = (name: string, core: string, type: string) =>
  `(func $${name} (export "${name}") (param "x" ${type}) (result ${type}) (canon lift (core func $i "${core}")
    (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))`;

const bytes = await fromText(`(component ${echoes}
  (type $color' (enum "red" "green")) (export $color "color" (type $color'))
  (type $marks' (flags "filled" "dashed")) (export $marks "marks" (type $marks'))
  (type $person' (record (field "age" u8) (field "name" string))) (export $person "person" (type $person'))
  (type $shape' (variant (case "empty") (case "dot" u32) (case "label" string))) (export $shape "shape" (type $shape'))
  ${lifted("bool", "i32", "bool")} ${lifted("u8", "i32", "u8")} ${lifted("s8", "i32", "s8")} ${lifted("u32", "i32", "u32")}
  ${lifted("u64", "i64", "u64")} ${lifted("s64", "i64", "s64")} ${lifted("f32", "f32", "f32")} ${lifted("f64", "f64", "f64")}
  ${lifted("char", "i32", "char")} ${lifted("string", "two", "string")} ${lifted("bytes", "two", "(list u8)")}
  ${lifted("numbers", "two", "(list s16)")} ${lifted("words", "two", "(list string)")} ${lifted("pair", "two", "(tuple u32 s32)")}
  ${lifted("maybe", "two", "(option u32)")} ${lifted("maybe-maybe", "three", "(option (option u32))")}
  ${lifted("colored", "i32", "$color")} ${lifted("marked", "i32", "$marks")} ${lifted("someone", "three", "$person")}
  ${lifted("shaped", "three", "$shape")}
  (func (export "tried") (param "x" (result u32 (error string))) (result (result u32 (error string)))
    (canon lift (core func $i "three") (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))
  (func (export "coded") (param "x" (result u32 (error u32))) (result (result u32 (error u32)))
    (canon lift (core func $i "two") (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))
  (func (export "done") (param "x" (result)) (result (result)) (canon lift (core func $i "i32")))
  (func (export "nothing") (canon lift (core func $i "none"))))`);

describe("WAVE in, JSON out", () => {
  test.each([
    ["bool(true)", "true"],
    ["u8(255)", "255"],
    ["s8(-128)", "-128"],
    ["u32(4294967295)", "4294967295"],
    ["u64(18446744073709551615)", "18446744073709551615"],
    ["s64(-9223372036854775808)", "-9223372036854775808"],
    ["f32(0.5)", "0.5"],
    ["f64(1e300)", "1e+300"],
    ["f64(-0)", "-0.0"],
    ["char('☃')", '"☃"'],
    ['string("two \\"words\\"\\u{1F44B}")', '"two \\"words\\"👋"'],
    ["bytes([0, 1, 255])", "[0,1,255]"],
    ["numbers([-1, 2])", "[-1,2]"],
    ['words(["a", ""])', '["a",""]'],
    ["pair((1, -2))", "[1,-2]"],
    ["maybe(none)", "null"],
    ["maybe(some(7))", "7"],
    ["maybe(7)", "7"],
    ["maybe-maybe(none)", "null"],
    ["maybe-maybe(some(none))", '{"some":null}'],
    ["maybe-maybe(some(some(7)))", '{"some":7}'],
    ["colored(green)", '"green"'],
    ["marked({dashed})", '{"filled":false,"dashed":true}'],
    ['someone({name: "Ada", age: 36})', '{"age":36,"name":"Ada"}'],
    ["shaped(empty)", '{"tag":"empty"}'],
    ["shaped(dot(3))", '{"tag":"dot","val":3}'],
    ['shaped(label("x"))', '{"tag":"label","val":"x"}'],
    ["tried(ok(3))", "3"],
    ["done(ok)", "null"],
    ["nothing()", "null"],
    ["nothing", "null"],
  ])("%s gives %s", async (invoke, text) => {
    const envelope = await host.runBytes(bytes, { invoke });
    expect(envelope.error).toBeNull();
    expect(envelope.resultText).toBe(text);
    expect(envelope.execution.task_name).toBe(invoke.replace(/\(.*/s, ""));
  });

  test("values of a program, as they come back", async () => {
    const given: [string, unknown][] = [
      ["u64", 2n ** 64n - 1n],
      ["someone", { age: 36, name: "Ada" }],
      ["maybe-maybe", { some: null }],
      ["shaped", { tag: "dot", val: 3 }],
      ["marked", { filled: true, dashed: false }],
      ["numbers", [1, 2, 3]],
    ];
    for (const [name, value] of given)
      expect((await host.runBytes(bytes, { invoke: { name, args: [value] } })).result).toEqual(value);
    const envelope = await host.runBytes(bytes, { invoke: { name: "bytes", args: [Uint8Array.of(1, 2)] } });
    expect(envelope.result).toEqual([1, 2]);
  });
});

describe("a result that says that it failed is a failure", () => {
  test.each([
    ['tried(err("no such thing"))', "no such thing"],
    ["coded(err(7))", "the function gave err: 7"],
    ["done(err)", "the function gave err"],
  ])("%s", async (invoke, message) => {
    expect((await host.runBytes(bytes, { invoke })).error).toEqual({ error_type: "task_error", message });
  });

  test.each(["f64(nan)", "f32(-inf)"])("%s, which JSON cannot hold", async (invoke) => {
    const { error } = await host.runBytes(bytes, { invoke });
    expect(error?.error_type).toBe("task_error");
    expect(error?.message).toMatch(/result is the number (NaN|-Infinity), which JSON cannot hold/);
  });
});

describe("refused before it runs", () => {
  test.each<[string | { name: string; args: unknown[] }, RegExp]>([
    ["u8(256)", /argument x of u8: there is "256" where u8, a whole number from 0 to 255, is wanted/],
    ["u8()", /u8 takes 1 argument \(x: u8\); 0 given/],
    ["someone(1)", /where person is wanted/],
    ["colored(blue)", /one of red, green/],
    ["shapped(empty)", /exports no function "shapped"; did you mean "shaped"\?/],
    [{ name: "u8", args: ["1"] }, /argument x of u8 is "1"; it takes u8/],
    [{ name: "u8", args: [] }, /u8 takes 1 argument/],
    [{ name: "someone", args: [{ age: 36, name: 1 }] }, /argument x of someone\.name is 1; it takes string/],
  ])("%j", async (invoke, message) => {
    const { error, execution } = await host.runBytes(bytes, { invoke });
    expect(error).toMatchObject({ error_type: "invalid_config", message: expect.stringMatching(message) });
    expect(execution.fuel_consumed).toBe(0n);
  });

  test("a resource, which nobody outside can hold", async () => {
    const component = await fromText(`(component
      (type $r' (resource (rep i32))) (export $r "thing" (type $r'))
      (core func $new (canon resource.new $r'))
      (core module $m (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (result i32) (call $new (i32.const 1))) (func (export "use") (param i32)))
      (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
      (func (export "make") (result (own $r)) (canon lift (core func $i "make")))
      (func (export "use") (param "it" (borrow $r)) (canon lift (core func $i "use"))))`);
    expect((await host.runBytes(component, { invoke: "use(1)" })).error?.message).toMatch(
      /argument it of use is a resource \(borrow<thing>\), which cannot be given from outside/,
    );
    expect((await host.runBytes(component, { invoke: "make" })).error).toMatchObject({
      error_type: "task_error",
      message: "result is a resource, which JSON cannot hold",
    });
  });
});

describe("names of functions", () => {
  const inner = (name: string, value: number) => `(component $${name}
    (core module $m (func (export "f") (result i32) (i32.const ${value}))) (core instance $i (instantiate $m))
    (func (export "get") (result u32) (canon lift (core func $i "f")))
    (func (export "only-${name}") (result u32) (canon lift (core func $i "f"))))`;
  const component = fromText(`(component ${inner("a", 1)} ${inner("b", 2)}
    (instance $x (instantiate $a)) (instance $y (instantiate $b))
    (export "docs:adder/first@0.1.0" (instance $x)) (export "docs:adder/second@0.1.0" (instance $y)))`);

  test.each([
    ["docs:adder/first@0.1.0#get", 1],
    ["docs:adder/second@0.1.0#get()", 2],
    ["docs:adder/second#get", 2],
    ["second#get", 2],
    ["only-a", 1],
  ])("%s", async (invoke, value) => {
    expect((await host.runBytes(await component, { invoke })).result).toBe(value);
  });

  test.each([
    ["get", /several interfaces; name one of "docs:adder\/first@0\.1\.0#get", "docs:adder\/second@0\.1\.0#get"/],
    ["third#get", /exports no function "third#get"/],
    ["docs:adder/first@0.2.0#get", /exports no function/],
  ])("%s is refused", async (invoke, message) => {
    expect((await host.runBytes(await component, { invoke })).error?.message).toMatch(message);
  });
});

test("a result beyond the bounds of one is an error, and the host lives on", async () => {
  const large = (type: string, count: number) =>
    fromText(`(component (core module $m (memory (export "memory") 600)
        (func (export "f") (result i32) (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const ${count})) (i32.const 0)))
      (core instance $i (instantiate $m))
      (func (export "f") (result (list ${type})) (canon lift (core func $i "f") (memory (core memory $i "memory")))))`);
  const policy = { ram: "64MB", compute: "HIGH" };
  for (const [type, count] of [
    ["u8", 30_000_000],
    ["u64", 4_000_000],
    ["bool", 20_000_000],
    ["(option u8)", 10_000_000],
    ["(list u8)", 4_000_000],
    ["string", 4_000_000],
    ["(tuple u8 u8 u8 u8 u8 u8 u8 u8)", 4_000_000],
  ] as const) {
    const { error } = await host.runBytes(await large(type, count), { invoke: "f", policy });
    expect(["task_error", "wasm_error"], `${type}: ${error?.message}`).toContain(error?.error_type);
    expect(error?.message).toMatch(/more than|limit/);
  }
  expect((await host.runBytes(bytes, { invoke: "u8(1)" })).result).toBe(1);
});
