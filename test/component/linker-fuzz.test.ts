/**
 * Job: components with a few bytes changed are refused, trap, or run: every end is one that the linker means, and the plan tells
 * what is instantiated.
 * Never: look for crashes of V8.
 */

import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { InstrumentError, instrument } from "@capsule-run/instrument";
import { decodeComponent } from "@capsule-run/instrument/component";
import { expect, test } from "vitest";
import {
  ComponentError,
  ComponentTrap,
  type ComponentValue,
  coreInstantiations,
  instantiate,
  type Type,
  type Wanted,
} from "../../packages/host/src/component/index.ts";
import { libc } from "./linker-support.ts";

const seeds = [
  `(component ${libc}
    (type $shape (variant (case "a" u8) (case "b" (tuple s16 f32)) (case "c" string) (case "d")))
    (export $Shape "shape" (type $shape))
    (import "h" (instance $h (export "r" (type $R (sub resource))) (export "open" (func (param "n" string) (result (own $R))))
      (export "use" (func (param "r" (borrow $R)) (param "l" (list u16)) (result u64)))))
    (alias export $h "r" (type $R))
    (core func $open (canon lower (func $h "open") (memory $mem)))
    (core func $use (canon lower (func $h "use") (memory $mem)))
    (core func $drop (canon resource.drop $R))
    (core module $M
      (import "libc" "mem" (memory 1))
      (import "" "open" (func $open (param i32 i32) (result i32)))
      (import "" "use" (func $use (param i32 i32 i32) (result i64)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "f") (param i32 i32) (result i32) (local $h i32)
        (local.set $h (call $open (local.get 0) (local.get 1)))
        (drop (call $use (local.get $h) (i32.const 16) (i32.const 4)))
        (call $drop (local.get $h)) (local.get 1))
      (func (export "g") (param i32 i32 i32) (result i32)
        (i32.store8 (i32.const 64) (local.get 0)) (i32.store (i32.const 68) (local.get 1)) (i32.const 64)))
    (core instance $m (instantiate $M (with "libc" (instance $libc)) (with "" (instance
      (export "open" (func $open)) (export "use" (func $use)) (export "drop" (func $drop))))))
    (func (export "f") (param "s" string) (result u32) (canon lift (core func $m "f") (memory $mem) (realloc $realloc)))
    (func (export "g") (param "s" $Shape) (result $Shape) (canon lift (core func $m "g") (memory $mem) (realloc $realloc))))`,
  `(component
    (component $A
      (type $r (resource (rep i32))) (export $R "r" (type $r))
      (core func $new (canon resource.new $r))
      (core module $M (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (result i32) (call $new (i32.const 7))) (func (export "see") (param i32) (result i32) (local.get 0)))
      (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
      (func (export "make") (result (own $R)) (canon lift (core func $m "make")))
      (func (export "see") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "see"))))
    (component $B
      (import "a" (instance $a (export "r" (type $R (sub resource))) (export "make" (func (result (own $R))))
        (export "see" (func (param "r" (borrow $R)) (result u32)))))
      (core func $make (canon lower (func $a "make"))) (core func $see (canon lower (func $a "see")))
      (core module $M (import "" "make" (func $make (result i32))) (import "" "see" (func $see (param i32) (result i32)))
        (func (export "f") (result i32) (call $see (call $make))))
      (core instance $m (instantiate $M (with "" (instance (export "make" (func $make)) (export "see" (func $see))))))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))
    (instance $a (instantiate $A)) (instance $b (instantiate $B (with "a" (instance $a))))
    (export "f" (func $b "f")))`,
];

/** A generator of its own: the same every time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const meant = [
  InstrumentError,
  ComponentError,
  ComponentTrap,
  WebAssembly.RuntimeError,
  WebAssembly.CompileError,
] as const;

function anyOf(type: Type): ComponentValue {
  switch (type.kind) {
    case "bool":
      return true;
    case "string":
    case "char":
      return "é";
    case "u64":
    case "s64":
      return 5n;
    case "list":
      return Array.from({ length: type.length ?? 2 }, () => anyOf(type.element));
    case "tuple":
      return type.elements.map(anyOf);
    case "record":
      return Object.fromEntries(type.fields.map((field) => [field.name, anyOf(field.type)]));
    case "variant":
      return { tag: type.cases[0]!.name, val: type.cases[0]!.type && anyOf(type.cases[0]!.type) };
    case "result":
      return { tag: "ok", val: type.ok && anyOf(type.ok) };
    case "enum":
      return type.names[0]!;
    case "option":
      return null;
    case "flags":
    case "own":
    case "borrow":
      return {};
    default:
      return 1;
  }
}

const host = (_: string, wanted: Wanted) =>
  wanted.kind === "instance"
    ? {
        functions: new Map(wanted.functions.map((name) => [name, () => (name === "open" ? {} : 1n)])),
        resources: new Map(wanted.resources.map((name) => [name, { drop: () => {} }])),
      }
    : undefined;

/** Null: it ended as it may. */
function wrong(bytes: Uint8Array): unknown {
  const made: number[] = [];
  let plan: readonly number[] | null = null;
  try {
    const { component, modules } = decodeComponent(bytes);
    // Metered: what loops must end.
    const compiled = modules.map((module) => {
      const { bytes } = instrument(module, { global: "import" });
      return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    });
    const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 100_000n);
    try {
      plan = coreInstantiations(component);
    } catch (error) {
      if (!(error instanceof ComponentError)) return error;
    }
    const { exports } = instantiate(component, {
      instantiateCore(module, imports) {
        made.push(module);
        return new WebAssembly.Instance(compiled[module]!, { ...imports, capsule: { fuel } });
      },
      resolve: host,
    });
    if (plan?.join() !== made.join()) return new Error(`planned ${plan}, made ${made}`);
    for (const each of exports.values())
      if (each.kind === "func") each.call(...each.type.parameters.map(({ type }) => anyOf(type)));
  } catch (error) {
    // A host that gives 1n where the changed type wants something else is this test's, not the guest's.
    if (error instanceof Error && error.name === "ComponentValueError") return null;
    return meant.some((kind) => error instanceof kind) ? null : error;
  }
  return null;
}

test("6,000 components with changed bytes", async () => {
  const next = random(9);
  let ran = 0;
  for (const wat of seeds) {
    const seed = await parse(wat);
    expect(wrong(seed)).toBeNull();
    for (let round = 0; round < 3_000; round++) {
      const bytes = seed.slice();
      for (let changes = 1 + next(3); changes > 0; changes--)
        bytes[8 + next(bytes.length - 8)] = next(next(2) ? 16 : 256);
      expect(wrong(bytes), `round ${round}`).toBeNull();
      ran++;
    }
  }
  expect(ran).toBe(6_000);
});
