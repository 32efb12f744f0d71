/** Job: components made to be large, deep or many end in bounded time with an error that says so. Never: what is large in the binary alone. */

import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import type { Component, DefinedType, Definition } from "@capsule-run/instrument/component";
import { decodeComponent } from "@capsule-run/instrument/component";
import { describe, expect, test } from "vitest";
import {
  ComponentError,
  ComponentTrap,
  coreInstantiations,
  instantiate,
} from "../../packages/host/src/component/index.ts";
import { call, failure, link } from "./linker-support.ts";

const none = { instantiateCore: () => failure(() => {}) as never, resolve: () => undefined };
const made = (definitions: Definition[]): Component => ({ definitions });
const limit = (run: () => unknown): string => {
  const error = failure(run);
  expect(error).toBeInstanceOf(ComponentError);
  expect((error as ComponentError).code).toBe("limit");
  return error.message;
};

/** Each level instantiates the one below it so many times. */
function tower(levels: number, times: number): Component {
  let component = made([]);
  for (let level = 0; level < levels; level++)
    component = made([
      { kind: "component", component },
      ...Array.from({ length: times }, () => ({
        kind: "instance" as const,
        from: { kind: "instantiate" as const, component: 0, args: [] },
      })),
    ]);
  return component;
}

describe("many", () => {
  test("instances that double at each of 40 levels", () => {
    expect(limit(() => instantiate(tower(40, 2), none))).toMatch(/10000 component instances/);
    expect(limit(() => coreInstantiations(tower(40, 2)))).toMatch(/10000 component instances/);
  });
  test("9,000 instances side by side are not too many", () => {
    expect(instantiate(tower(1, 9_000), none).exports.size).toBe(0);
  });
  test("1,000 components inside each other", () => {
    expect(limit(() => instantiate(tower(1_000, 1), none))).toMatch(/100 deep/);
    expect(limit(() => coreInstantiations(tower(1_000, 1)))).toMatch(/100 deep/);
  });
  test("an instance with many arguments, many times", () => {
    const args = Array.from({ length: 2_000 }, (_, index) => ({ name: `n${index}`, sort: "type" as const, index: 0 }));
    const component = made([
      { kind: "type", type: { kind: "primitive", primitive: "u8" } },
      { kind: "component", component: made([]) },
      ...Array.from({ length: 5_000 }, () => ({
        kind: "instance" as const,
        from: { kind: "instantiate" as const, component: 0, args },
      })),
    ]);
    expect(limit(() => instantiate(component, none))).toMatch(/definitions/);
    expect(limit(() => coreInstantiations(component))).toMatch(/definitions/);
  });
  test("an import with many declarations, many times", () => {
    const declarations = Array.from({ length: 2_000 }, () => ({ kind: "core-type" as const }));
    const takes = made([
      { kind: "type", type: { kind: "instance", declarations } },
      { kind: "import", name: "i", extern: { kind: "instance", type: 0 } },
    ]);
    const component = made([
      { kind: "instance", from: { kind: "exports", exports: [] } },
      { kind: "component", component: takes },
      ...Array.from({ length: 5_000 }, () => ({
        kind: "instance" as const,
        from: {
          kind: "instantiate" as const,
          component: 0,
          args: [{ name: "i", sort: "instance" as const, index: 0 }],
        },
      })),
    ]);
    expect(limit(() => instantiate(component, none))).toMatch(/definitions/);
  });
  test("a component that instantiates what it is given, given itself", () => {
    const self = made([
      { kind: "type", type: { kind: "component", declarations: [] } },
      { kind: "import", name: "c", extern: { kind: "component", type: 0 } },
      {
        kind: "instance",
        from: { kind: "instantiate", component: 0, args: [{ name: "c", sort: "component", index: 0 }] },
      },
    ]);
    const component = made([
      { kind: "component", component: self },
      {
        kind: "instance",
        from: { kind: "instantiate", component: 0, args: [{ name: "c", sort: "component", index: 0 }] },
      },
    ]);
    limit(() => instantiate(component, none));
    limit(() => coreInstantiations(component));
  });
});

test("an instance that is exported twice, in one that is exported twice, 40 times over", () => {
  const bag = (index: number): Definition => ({
    kind: "instance",
    from: {
      kind: "exports",
      exports: ["a", "b"].map((name) => ({ name, sort: "instance", index })),
    },
  });
  const component = made([
    { kind: "instance", from: { kind: "exports", exports: [] } },
    ...Array.from({ length: 40 }, (_, level) => bag(level)),
    { kind: "export", name: "all", sort: "instance", index: 40, extern: null },
  ]);
  expect(limit(() => instantiate(component, none))).toMatch(/exports more than/);
});

test("an instance in an instance, 100,000 times", () => {
  const component = made([
    { kind: "instance", from: { kind: "exports", exports: [] } },
    ...Array.from(
      { length: 100_000 },
      (_, index): Definition => ({
        kind: "instance",
        from: { kind: "exports", exports: [{ name: "a", sort: "instance", index }] },
      }),
    ),
    { kind: "export", name: "all", sort: "instance", index: 100_000, extern: null },
  ]);
  expect(limit(() => instantiate(component, none))).toMatch(/100 deep/);
});

describe("types", () => {
  const types = (...all: DefinedType[]) => made(all.map((type) => ({ kind: "type", type })));
  const pairs = (levels: number) =>
    types(
      { kind: "primitive", primitive: "u8" },
      ...Array.from({ length: levels }, (_, level): DefinedType => ({ kind: "tuple", elements: [level, level] })),
    );
  test("that double at each of 27 levels are small, at 28 too large", () => {
    instantiate(pairs(27), none);
    expect(limit(() => instantiate(pairs(28), none))).toMatch(/268435456 bytes/);
  });
  test("inside each other", () => {
    const deep = types(
      { kind: "primitive", primitive: "u8" },
      ...Array.from({ length: 200 }, (_, level): DefinedType => ({ kind: "option", element: level })),
    );
    expect(limit(() => instantiate(deep, none))).toMatch(/100 deep/);
  });
  test("of many names, looked up in many instances", () => {
    const names = Array.from({ length: 200_000 }, (_, index) => `n${index}`);
    const component = made([
      { kind: "component", component: types({ kind: "enum", names }) },
      ...Array.from({ length: 1_000 }, () => ({
        kind: "instance" as const,
        from: { kind: "instantiate" as const, component: 0, args: [] },
      })),
    ]);
    expect(limit(() => instantiate(component, none))).toMatch(/types, fields and cases/);
  });
  test.each<[string, DefinedType]>([
    ["no fields", { kind: "record", fields: [] }],
    ["no cases", { kind: "variant", cases: [] }],
    ["no labels", { kind: "flags", names: [] }],
    ["33 labels", { kind: "flags", names: Array.from({ length: 33 }, (_, index) => `f${index}`) }],
    ["no length", { kind: "list", element: "u8", length: 0 }],
    ["an index that is not there", { kind: "option", element: 7 }],
  ])("with %s are none", (_, type) => {
    expect(failure(() => instantiate(types(type), none))).toMatchObject({ code: "invalid_component" });
  });
});

describe("values", () => {
  /** Returns a list of so many elements at address 0. */
  const lists = (type: string, count: number, pages = 1) =>
    link(`(component
      (core module $M (memory (export "mem") ${pages})
        (func (export "f") (result i32) (i32.store (i32.const 4) (i32.const ${count})) (i32.const 0)))
      (core instance $m (instantiate $M))
      (type $t ${type}) (export $T "t" (type $t))
      (func (export "f") (result $T) (canon lift (core func $m "f") (memory (core memory $m "mem")))))`);
  test("a list of more elements than JavaScript should hold", async () => {
    const instance = await lists("(list (tuple bool bool))", 20_000_000, 700);
    const error = failure(() => call(instance, "f"));
    expect(error).toBeInstanceOf(ComponentTrap);
    expect(error.message).toMatch(/more than 134217728 bytes/);
  });
  test("lists that all lie in the same place", async () => {
    // 8,000 lists, each the whole memory of 64 KiB.
    const instance = await link(`(component
      (core module $M (memory (export "mem") 1)
        (func (export "f") (result i32) (local $i i32)
          (loop $more
            (i32.store (i32.add (i32.const 12) (i32.mul (local.get $i) (i32.const 8))) (i32.const 65536))
            (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8000))))
          (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 8000)) (i32.const 0)))
      (core instance $m (instantiate $M))
      (func (export "f") (result (list string)) (canon lift (core func $m "f") (memory (core memory $m "mem")))))`);
    expect(failure(() => call(instance, "f")).message).toMatch(/more than 134217728 bytes/);
  });
  test("the budget is each call's", async () => {
    const instance = await lists("(list u8)", 60_000);
    for (let i = 0; i < 10; i++) expect((call(instance, "f") as Uint8Array).length).toBe(60_000);
  });
});

test("a million handles are not given out", async () => {
  const component = decodeComponent(
    await parse(`(component
      (type $r (resource (rep i32)))
      (core func $new (canon resource.new $r))
      (core module $M (import "" "new" (func $new (param i32) (result i32)))
        (func (export "f") (loop $on (drop (call $new (i32.const 1))) (br $on))))
      (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
      (func (export "f") (canon lift (core func $m "f"))))`),
  );
  const compiled = component.modules.map((module) => new WebAssembly.Module(module as Uint8Array<ArrayBuffer>));
  const instance = instantiate(component.component, {
    instantiateCore: (module, imports) => new WebAssembly.Instance(compiled[module]!, imports),
    resolve: () => undefined,
  });
  expect(failure(() => call(instance, "f")).message).toMatch(/as many handles/);
});
