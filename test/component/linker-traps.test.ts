/** Job: each rule of the canonical ABI that a guest can break, broken. Never: what only a host can get wrong. */
import { describe, expect, test } from "vitest";
import { ComponentTrap } from "../../packages/host/src/component/index.ts";
import { call, failure, libc, link } from "./linker-support.ts";

/** A guest whose function returns what stands at an address: the pointer is the core function's result. */
async function returns(type: string, data: string, address = 16, encoding = "utf8") {
  return link(`(component
    (core module $M
      (memory (export "mem") 1)
      ${data}
      (func (export "f") (result i32) (i32.const ${address})))
    (core instance $m (instantiate $M))
    (type $t ${type})
    (export $T "t" (type $t))
    (func (export "f") (result $T) (canon lift (core func $m "f") (memory (core memory $m "mem")) string-encoding=${encoding})))`);
}
/** At address 16: an address and a length. */
const pointer = (address: number, length: number) =>
  `(data (i32.const 16) "${[address, length]
    .flatMap((each) => [0, 8, 16, 24].map((shift) => ((each >>> shift) & 255).toString(16).padStart(2, "0")))
    .map((byte) => `\\${byte}`)
    .join("")}")`;

describe("results that break a rule are traps", () => {
  const cases: [what: string, type: string, data: string, says: RegExp, address?: number, encoding?: string][] = [
    ["a string beyond the memory", "string", pointer(65530, 7), /not within the memory/],
    ["a string whose end overflows 32 bits", "string", pointer(0xffffffff, 2), /not within the memory/],
    ["a string longer than any", "string", pointer(0, 0x80000000), /longer than/],
    ["bytes that are no UTF-8", "string", `${pointer(64, 2)} (data (i32.const 64) "\\c3\\28")`, /UTF-8/],
    [
      "bytes that are no UTF-8, among many",
      "string",
      `${pointer(64, 60)} (data (i32.const 64) "${"a".repeat(59)}\\ff")`,
      /UTF-8/,
    ],
    ["a surrogate in UTF-8", "string", `${pointer(64, 3)} (data (i32.const 64) "\\ed\\a0\\80")`, /UTF-8/],
    ["half a surrogate pair", "string", `${pointer(64, 1)} (data (i32.const 64) "\\00\\d8")`, /UTF-16/, 16, "utf16"],
    ["an odd address of UTF-16", "string", pointer(65, 1), /multiple of 2/, 16, "utf16"],
    ["an odd address of latin1+utf16", "string", pointer(65, 1), /multiple of 2/, 16, "latin1+utf16"],
    ["a list beyond the memory", "(list u8)", pointer(1, 65536), /not within the memory/],
    ["a list that is not aligned", "(list u32)", pointer(65, 1), /multiple of 4/],
    ["a list longer than any", "(list u64)", pointer(0, 0x10000000), /longer than/],
    [
      "a list of lists, one of them beyond",
      "(list (list u8))",
      `${pointer(64, 1)} (data (i32.const 64) "\\ff\\ff\\ff\\ff\\01\\00\\00\\00")`,
      /not within/,
    ],
    ["a char beyond Unicode", "(tuple char char)", `(data (i32.const 16) "\\00\\00\\11\\00")`, /scalar/],
    ["a surrogate as char", "(tuple char char)", `(data (i32.const 16) "\\00\\d8\\00\\00")`, /scalar/],
    [
      "a variant's case that is not there",
      '(variant (case "a" u32) (case "b"))',
      `(data (i32.const 16) "\\02")`,
      /case 2/,
    ],
    [
      "a large enum's case that is not there",
      "(tuple (option u8) (option u8))",
      `(data (i32.const 16) "\\02")`,
      /case 2/,
    ],
    ["a result at an address that is not aligned", "(tuple u32 u32)", "", /multiple of 4/, 18],
    ["a result beyond the memory", "(tuple u32 u32)", "", /not within the memory/, 65532],
  ];
  test.each(cases)("%s", async (_, type, data, says, address, encoding) => {
    const instance = await returns(type, data, address, encoding);
    const error = failure(() => call(instance, "f"));
    expect(error).toBeInstanceOf(ComponentTrap);
    expect(error.message).toMatch(says);
  });

  test("flat: a char, a case and a flag of more than they may be", async () => {
    const flat = (type: string, value: string, core = "i32") =>
      link(`(component (core module $M (func (export "f") (result ${core}) (${core}.const ${value})))
        (core instance $m (instantiate $M)) (type $t ${type}) (export $T "t" (type $t))
        (func (export "f") (result $T) (canon lift (core func $m "f"))))`);
    const ends = async (type: string, value: string) =>
      failure(await flat(type, value).then((it) => () => call(it, "f")));
    expect((await ends("char", "0xd800")).message).toMatch(/scalar/);
    expect((await ends("char", "-1")).message).toMatch(/scalar/);
    expect((await ends(`(enum "a" "b")`, "2")).message).toMatch(/case 2/);
    expect(call(await flat("bool", "-7"), "f")).toBe(true);
    expect(call(await flat("u8", "-1"), "f")).toBe(255);
    expect(call(await flat("s16", "0x18000"), "f")).toBe(-32768);
    expect(call(await flat(`(flags "a" "b")`, "-2"), "f")).toEqual({ a: false, b: true });
    expect(call(await flat("u64", "-1", "i64"), "f")).toBe(0xffffffffffffffffn);
    expect(call(await flat("f32", "nan:0x200001", "f32"), "f")).toBeNaN();
  });
});

describe("a realloc that misbehaves is a trap", () => {
  const withRealloc = (body: string, imports = "") =>
    link(
      `(component
      (import "out" (func $out))
      (core func $out' (canon lower (func $out)))
      (core module $M
        (import "" "out" (func $out))
        (memory (export "mem") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${body})
        (func (export "f") (param i32 i32)) ${imports})
      (core instance $m (instantiate $M (with "" (instance (export "out" (func $out'))))))
      (func (export "bytes") (param "a" (list u8))
        (canon lift (core func $m "f") (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
      (func (export "numbers") (param "a" (list u32))
        (canon lift (core func $m "f") (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
      (func (export "text") (param "a" string)
        (canon lift (core func $m "f") (memory (core memory $m "mem")) (realloc (core func $m "realloc")))))`,
      {
        out: () => undefined,
      },
    );

  test("memory that is not there", async () => {
    const instance = await withRealloc("(i32.const 65535)");
    expect(failure(() => call(instance, "bytes", new Uint8Array(2))).message).toMatch(/not within the memory/);
  });
  test("memory that is not there, for nothing", async () => {
    const instance = await withRealloc("(i32.const -1)");
    expect(failure(() => call(instance, "text", "")).message).toMatch(/not within the memory/);
  });
  test("memory that is not aligned", async () => {
    const instance = await withRealloc("(i32.const 2)");
    expect(failure(() => call(instance, "numbers", [1])).message).toMatch(/multiple of 4/);
  });
  test("calling out", async () => {
    const instance = await withRealloc("(call $out) (i32.const 64)");
    expect(failure(() => call(instance, "text", "x")).message).toMatch(/realloc or post-return/);
  });
  test("growing the memory is not misbehaving", async () => {
    const instance = await withRealloc("(drop (memory.grow (i32.const 1))) (i32.const 65536)");
    expect(call(instance, "numbers", [1, 2, 3])).toBeUndefined();
  });
  test("trapping", async () => {
    const instance = await withRealloc("unreachable");
    expect(failure(() => call(instance, "bytes", new Uint8Array(1)))).toBeInstanceOf(WebAssembly.RuntimeError);
  });
});

describe("core functions that take another number of values than their component says are refused while linking", () => {
  const memory = `(memory (export "mem") 1)`;
  test.each([
    ["a lifted function", `(func (export "f") (param i32 i64))`, "", `(param "a" u32)`],
    [
      "a realloc",
      `${memory} (func (export "f") (param i32 i32)) (func (export "x") (param i32) (result i32) (i32.const 0))`,
      `(memory (core memory $m "mem")) (realloc (core func $m "x"))`,
      `(param "a" string)`,
    ],
    [
      "a post-return",
      `(func (export "f") (result i32) (i32.const 1)) (func (export "x"))`,
      `(post-return (core func $m "x"))`,
      `(result u32)`,
    ],
  ])("%s", async (what, module, options, type) => {
    const linked = link(`(component (core module $M ${module}) (core instance $m (instantiate $M))
      (func (export "f") ${type} (canon lift (core func $m "f") ${options})))`);
    await expect(linked).rejects.toMatchObject({ code: "invalid_component", message: expect.stringContaining(what) });
  });
});

describe("post-return", () => {
  const withPost = (body: string) =>
    link(
      `(component
      (import "out" (func $out))
      (core func $out' (canon lower (func $out)))
      (core module $M
        (import "" "out" (func $out))
        (memory (export "mem") 1)
        (global $seen (mut i32) (i32.const 0))
        (data (i32.const 16) "\\40\\00\\00\\00\\02\\00\\00\\00")
        (data (i32.const 64) "hi")
        (func (export "f") (result i32) (i32.const 16))
        (func (export "post") (param i32) ${body})
        (func (export "seen") (result i32) (global.get $seen)))
      (core instance $m (instantiate $M (with "" (instance (export "out" (func $out'))))))
      (func (export "f") (result string)
        (canon lift (core func $m "f") (memory (core memory $m "mem")) (post-return (core func $m "post"))))
      (func (export "seen") (result u32) (canon lift (core func $m "seen"))))`,
      { out: () => undefined },
    );
  test("gets the core result, after it was read", async () => {
    const instance = await withPost("(global.set $seen (local.get 0)) (i32.store (i32.const 16) (i32.const -1))");
    expect(call(instance, "f")).toBe("hi");
    expect(call(instance, "seen")).toBe(16);
  });
  test("may not call out", async () => {
    const instance = await withPost("(call $out)");
    expect(failure(() => call(instance, "f")).message).toMatch(/realloc or post-return/);
  });
});

test("more than 16 parameters travel through memory; a tuple comes back so", async () => {
  const names = Array.from({ length: 17 }, (_, index) => `p${index}`);
  const instance = await link(`(component ${libc}
    (core module $M (import "" "mem" (memory 1))
      (func (export "f") (param $at i32) (result i32) (i32.load offset=64 (local.get $at)))
      (func (export "g") (param i32 i64) (result i32)
        (i32.store (i32.const 32) (local.get 0)) (i64.store (i32.const 40) (local.get 1)) (i32.const 32)))
    (core instance $m (instantiate $M (with "" (instance $libc))))
    (func (export "f") ${names.map((name) => `(param "${name}" u32)`).join(" ")} (result u32)
      (canon lift (core func $m "f") (memory $mem) (realloc $realloc)))
    (func (export "g") (param "a" u32) (param "b" u64) (result (tuple u32 u64))
      (canon lift (core func $m "g") (memory $mem))))`);
  expect(call(instance, "f", ...names.map((_, index) => index * 3))).toBe(48);
  expect(call(instance, "g", 7, 8n)).toEqual([7, 8n]);
});

test("lists of whole numbers may be given as typed arrays", async () => {
  const kinds = { s8: Int8Array, u16: Uint16Array, s32: Int32Array, u64: BigUint64Array };
  for (const [kind, Numbers] of Object.entries(kinds)) {
    const instance = await link(`(component ${libc}
      (core module $M (import "" "mem" (memory 1))
        (func (export "f") (param i32 i32) (result i32)
          (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0)))
      (core instance $m (instantiate $M (with "" (instance $libc))))
      (func (export "f") (param "a" (list ${kind})) (result (list ${kind}))
        (canon lift (core func $m "f") (memory $mem) (realloc $realloc))))`);
    const numbers = Numbers === BigUint64Array ? BigUint64Array.of(1n, 2n ** 64n - 1n) : new Numbers([1, 127] as never);
    expect(call(instance, "f", numbers)).toEqual([...numbers]);
    expect(call(instance, "f", [...numbers])).toEqual([...numbers]);
  }
});
