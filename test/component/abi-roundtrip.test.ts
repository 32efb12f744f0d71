/**
 * Job: any value of any type comes back as it went, through a guest that stores and passes it: in memory, as core values, in
 * every encoding.
 * Never: know layouts (the vectors do).
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Type } from "../../packages/host/src/component/abi/types.ts";
import { Types } from "../../packages/host/src/component/abi/types.ts";
import type { ComponentValue } from "../../packages/host/src/component/index.ts";
import { defaultLimits } from "../../packages/host/src/component/limits.ts";
import { primitives, typeOf, type WrittenType } from "./abi-support.ts";
import { call, libc, link } from "./linker-support.ts";

const names = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((count) => Array.from({ length: count }, (_, index) => `n${index}`));
const some = (inner: fc.Arbitrary<WrittenType>) => fc.array(inner, { minLength: 1, maxLength: 4 });
const maybe = (inner: fc.Arbitrary<WrittenType>) => fc.option(inner, { nil: null });
const named = <T>(each: T, index: number) => ({ name: `n${index}`, type: each });

const anyType: fc.Arbitrary<WrittenType> = fc.letrec<{ type: WrittenType }>((tie) => {
  const inner = tie("type");
  return {
    type: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(...primitives).map((kind) => ({ kind })),
      fc.record({ kind: fc.constant("list" as const), element: inner, length: fc.constantFrom(null, null, 1, 3) }),
      some(inner).map((types) => ({ kind: "record" as const, fields: types.map(named) })),
      some(inner).map((elements) => ({ kind: "tuple" as const, elements })),
      fc
        .array(maybe(inner), { minLength: 1, maxLength: 4 })
        .map((types) => ({ kind: "variant" as const, cases: types.map(named) })),
      names(1, 300).map((all) => ({ kind: "enum" as const, names: all })),
      names(1, 32).map((all) => ({ kind: "flags" as const, names: all })),
      fc.record({ kind: fc.constant("option" as const), element: inner }),
      fc.record({ kind: fc.constant("result" as const), ok: maybe(inner), error: maybe(inner) }),
    ),
  };
}).type;

function anyValue(type: WrittenType): fc.Arbitrary<ComponentValue> {
  const optional = (tag: string, of: WrittenType | null) =>
    of ? anyValue(of).map((val) => ({ tag, val })) : fc.constant({ tag });
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "u64":
      return fc.bigInt(0n, 2n ** 64n - 1n);
    case "s64":
      return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    case "f32":
      return fc.float();
    case "f64":
      return fc.double();
    case "char":
      return fc.string({ unit: "binary", minLength: 1, maxLength: 1 });
    case "string":
      return fc.string({ unit: "binary", maxLength: 60 });
    case "list": {
      const length = type.length === null ? { maxLength: 6 } : { minLength: type.length, maxLength: type.length };
      if (type.element.kind === "u8") return fc.uint8Array(length);
      return fc.array(anyValue(type.element), length);
    }
    case "record":
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, anyValue(field.type)])));
    case "tuple":
      return fc.tuple(...type.elements.map(anyValue));
    case "variant":
      return fc.oneof(...type.cases.map((each) => optional(each.name, each.type)));
    case "result":
      return fc.oneof(optional("ok", type.ok), optional("err", type.error));
    case "option":
      return fc.option(
        anyValue(type.element).map((value) => (type.element.kind === "option" ? { some: value } : value)),
      );
    case "enum":
      return fc.constantFrom(...type.names);
    case "flags":
      return fc.record(Object.fromEntries(type.names.map((name) => [name, fc.boolean()])));
    default: {
      const bits = Number(type.kind.slice(1));
      return type.kind.startsWith("s")
        ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
        : fc.integer({ min: 0, max: 2 ** bits - 1 });
    }
  }
}

/** Definitions of a type in the text format, each with a name that is exported, as named types must be. */
function written(type: WrittenType, out: string[]): string {
  const of = (each: WrittenType) => written(each, out);
  const define = (text: string) => {
    const index = out.length;
    out.push(`(type $d${index} ${text}) (export $e${index} "t${index}" (type $d${index}))`);
    return `$e${index}`;
  };
  const payload = (each: WrittenType | null, before = " ") => (each ? `${before}${of(each)}` : "");
  switch (type.kind) {
    case "list":
      return define(`(list ${of(type.element)}${type.length === null ? "" : ` ${type.length}`})`);
    case "record":
      return define(`(record ${type.fields.map((each) => `(field "${each.name}" ${of(each.type)})`).join(" ")})`);
    case "tuple":
      return define(`(tuple ${type.elements.map(of).join(" ")})`);
    case "variant":
      return define(`(variant ${type.cases.map((each) => `(case "${each.name}"${payload(each.type)})`).join(" ")})`);
    case "enum":
    case "flags":
      return define(`(${type.kind} ${type.names.map((name) => `"${name}"`).join(" ")})`);
    case "option":
      return define(`(option ${of(type.element)})`);
    case "result":
      return define(`(result${payload(type.ok)}${type.error ? ` (error ${of(type.error)})` : ""})`);
    default:
      return type.kind;
  }
}

/** A guest that gives back what it gets: a list of the type through memory; one value through another component, as it is passed. */
function echo(type: WrittenType, resolved: Type, encodings: readonly [string, string]): string {
  const types: string[] = [];
  const name = written(type, types);
  const flat = resolved.layout.flat?.join(" ") ?? "i32";
  const one = resolved.layout.flat?.length === 1 ? resolved.layout.flat[0] : null;
  const passed = (resolved.layout.flat ?? ["i32"]).map((_, index) => `(local.get ${index})`).join(" ");
  const [inner, outer] = encodings;
  const options = (encoding: string) => `(memory $mem) (realloc $realloc) string-encoding=${encoding}`;
  // Core values in, and where there are several, memory out: what a lowered function takes and a lifted one gives.
  const forward = one
    ? `(func (export "f") (param ${one}) (result ${one}) (call $f (local.get 0)))`
    : `(func (export "f") (param ${flat}) (result i32) (call $f ${passed} (i32.const 1024)) (i32.const 1024))`;
  return `(component
    ${types.join("\n    ")}
    (import "same" (func $same (param "v" ${name}) (result ${name})))
    ${libc}
    (core func $same' (canon lower (func $same) ${options(inner)}))
    (core module $M
      (import "libc" "mem" (memory 1))
      (import "" "same" (func $f (param ${flat}${one ? "" : " i32"}) ${one ? `(result ${one})` : ""}))
      (func (export "list") (param i32 i32) (result i32)
        (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
      ${forward})
    (core instance $m (instantiate $M (with "libc" (instance $libc)) (with "" (instance (export "same" (func $same'))))))
    (func (export "list") (param "v" (list ${name})) (result (list ${name})) (canon lift (core func $m "list") ${options(outer)}))
    (func (export "one") (param "v" ${name}) (result ${name}) (canon lift (core func $m "f") ${options(inner)})))`;
}

const encodings = fc.constantFrom("utf8", "utf16", "latin1+utf16");

describe("values that pass through a guest", () => {
  test("come back as they were", { timeout: 60_000 }, async () => {
    const cases = anyType.chain((type) =>
      fc.tuple(fc.constant(type), fc.array(anyValue(type), { minLength: 1, maxLength: 4 }), encodings, encodings),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([type, values, inner, outer]) => {
        const resolved = typeOf(type, new Types(defaultLimits));
        const seen: ComponentValue[] = [];
        const same = (value: ComponentValue) => {
          seen.push(value);
          return value;
        };
        const instance = await link(echo(type, resolved, [inner, outer]), { same });
        const list = type.kind === "u8" ? Uint8Array.from(values as number[]) : values;
        expect(call(instance, "list", list)).toEqual(list);
        for (const value of values) expect(call(instance, "one", value)).toEqual(value);
        expect(seen).toEqual(values);
      }),
      { numRuns: 250, seed: 20261121 },
    );
  });
});
