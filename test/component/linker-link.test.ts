/** Job: what is linked with what: versions, missing and mismatched imports, components in components, the plan. Never: values. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { decodeComponent } from "@capsule-run/instrument/component";
import { describe, expect, test } from "vitest";
import {
  byName,
  ComponentError,
  compatibleRange,
  coreInstantiations,
} from "../../packages/host/src/component/index.ts";
import { call, func, host, link } from "./linker-support.ts";

const refused = async (wat: string, imports = {}): Promise<ComponentError> => {
  const error = await link(wat, imports).catch((error: unknown) => error);
  if (error instanceof ComponentError) return error;
  throw new Error(`not refused: ${String(error)}`);
};

describe("versions of interfaces", () => {
  test.each([
    ["a:b/c@0.2.0", "a:b/c@0.2"],
    ["a:b/c@0.2.11", "a:b/c@0.2"],
    ["a:b/c@1.4.2", "a:b/c@1"],
    ["a:b/c@0.0.3", null],
    ["a:b/c@0.2.0-rc-2023-11-10", null],
    ["a:b/c", null],
    ["plain", null],
  ])("%s is served by %s", (name, range) => expect(compatibleRange(name)).toBe(range));

  test("the exact version wins; another of its range will do; one of another range will not", () => {
    const find = byName(
      new Map([
        ["a:b/c@0.2.3", "0.2.3"],
        ["a:b/c@0.2.5", "0.2.5"],
        ["a:b/d@1.0.0", "1.0.0"],
      ]),
    );
    expect(find("a:b/c@0.2.3")).toBe("0.2.3");
    expect(find("a:b/c@0.2.0")).toBe("0.2.5");
    expect(find("a:b/c@0.3.0")).toBeUndefined();
    expect(find("a:b/d@1.9.0")).toBe("1.0.0");
    expect(find("__proto__")).toBeUndefined();
  });
});

describe("imports of the outermost component", () => {
  const wat = `(component (import "wasi:x/y@0.2.0" (instance (export "f" (func)) (export "g" (func)) (export "r" (type (sub resource))))))`;
  test("an interface that is not there", async () => {
    const error = await refused(wat);
    expect(error.code).toBe("missing_import");
    expect(error.message).toBe('the component imports the instance "wasi:x/y@0.2.0", which this host does not give');
  });
  test("several interfaces that are not there, at once", async () => {
    const error = await refused(`(component (import "a:b/c" (instance (export "f" (func))))
      (import "a:b/d@1.0.0" (instance (export "r" (type (sub resource))))))`);
    expect(error.message).toBe(
      'the component imports the instance "a:b/c" and the instance "a:b/d@1.0.0", which this host does not give',
    );
  });
  test("an interface of types alone need not be given", async () => {
    const instance = await link(`(component
      (type $i (instance (type $t (record (field "a" u8))) (export "t" (type (eq $t)))))
      (import "my:own/types" (instance $types (type $i)))
      (alias export $types "t" (type $T))
      (core module $M (func (export "f") (param i32) (result i32) (local.get 0)))
      (core instance $m (instantiate $M))
      (func (export "f") (param "t" $T) (result u8) (canon lift (core func $m "f"))))`);
    expect(call(instance, "f", { a: 7 })).toBe(7);
  });
  test("an interface that lacks something: all that it lacks", async () => {
    const error = await refused(wat, { "wasi:x/y@0.2.0": host({ f: () => undefined }) });
    expect(error.code).toBe("missing_import");
    expect(error.message).toMatch(/with "g", "r", which/);
  });
  test("a function, a core module, a component", async () => {
    expect((await refused(`(component (import "f" (func)))`)).message).toMatch(/function "f"/);
    expect((await refused(`(component (import "c" (component)))`)).code).toBe("missing_import");
  });
});

describe("components in components", () => {
  const exporter = (type: string) => `(component $A
    (core module $M (func (export "f") (result i32) (i32.const 5)))
    (core instance $m (instantiate $M))
    (func (export "f") (result ${type}) (canon lift (core func $m "f"))))`;
  const importer = (type: string) => `(component $B
    (import "f" (func $f (result ${type})))
    (core func $f' (canon lower (func $f)))
    (core module $M (import "" "f" (func $f (result i32))) (func (export "g") (result i32) (i32.add (call $f) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "g") (result u32) (canon lift (core func $m "g"))))`;

  test("a function goes from one to the other", async () => {
    const instance = await link(`(component ${exporter("u32")} ${importer("u32")}
      (instance $a (instantiate $A)) (instance $b (instantiate $B (with "f" (func $a "f"))))
      (export "g" (func $b "g")) (export "a" (instance $a)))`);
    expect(call(instance, "g")).toBe(6);
    expect(call(instance, "a#f")).toBe(5);
    expect(func(instance, "a#f").type).toMatchObject({ parameters: [], result: { kind: "u32" } });
  });

  test("not with another type", async () => {
    const error = await refused(`(component ${exporter("u32")} ${importer("s32")}
      (instance $a (instantiate $A)) (instance $b (instantiate $B (with "f" (func $a "f")))))`);
    expect(error.code).toBe("type_mismatch");
  });

  test("not without an argument", async () => {
    const error = await refused(`(component ${importer("u32")} (instance (instantiate $B)))`);
    expect(error.code).toBe("missing_import");
    expect(error.message).toMatch(/"f"/);
  });

  test("each instance has its own state", async () => {
    const instance = await link(`(component
      (component $C
        (core module $M (global $n (mut i32) (i32.const 0))
          (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
        (core instance $m (instantiate $M))
        (func (export "next") (result u32) (canon lift (core func $m "next"))))
      (instance $one (instantiate $C)) (instance $other (instantiate $C))
      (export "one" (instance $one)) (export "other" (instance $other)))`);
    expect([call(instance, "one#next"), call(instance, "one#next"), call(instance, "other#next")]).toEqual([1, 2, 1]);
  });

  test("an argument may have more than is wanted; what is not wanted is not seen", async () => {
    const two = `(component $A
      (core module $M (func (export "f")))
      (core instance $m (instantiate $M))
      (func (export "f") (canon lift (core func $m "f")))
      (func (export "g") (canon lift (core func $m "f"))))`;
    const wants = (alias: string) => `(component ${two}
      (component $B (import "a" (instance $a (export "f" (func)))) ${alias})
      (instance $a (instantiate $A)) (instance (instantiate $B (with "a" (instance $a)))))`;
    await link(wants(`(alias export $a "f" (func))`));
    expect((await refused(wants(`(alias export $a "g" (func))`))).code).toBe("invalid_component");
  });

  test("resource types are new in each instance", async () => {
    const resource = `(component $R
      (type $r (resource (rep i32)))
      (export $R "r" (type $r))
      (core func $new (canon resource.new $r))
      (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $new))))`;
    const wants = `(component $W
      (import "a" (instance $a (export "r" (type $R (sub resource))) (export "make" (func (param "rep" u32) (result (own $R))))))
      (alias export $a "r" (type $R))
      (import "b" (instance $b (export "r" (type (eq $R))))))`;
    const linked = (b: string) =>
      `(component ${resource} ${wants} (instance $x (instantiate $R)) (instance $y (instantiate $R))
        (instance (instantiate $W (with "a" (instance $x)) (with "b" (instance ${b})))))`;
    await link(linked("$x"));
    expect((await refused(linked("$y"))).code).toBe("type_mismatch");
  });

  test("core modules and components are arguments, too; types come from outside", async () => {
    const instance = await link(`(component
      (core module $Five (func (export "f") (result i32) (i32.const 5)))
      (type $pair (tuple u8 u8))
      (component $Make
        (import "m" (core module $M (export "f" (func (result i32)))))
        (core instance $m (instantiate $M))
        (func (export "f") (result u32) (canon lift (core func $m "f"))))
      (component $Twice
        (import "c" (component $C (import "m" (core module (export "f" (func (result i32))))) (export "f" (func (result u32)))))
        (import "m" (core module $M (export "f" (func (result i32)))))
        (instance $c (instantiate $C (with "m" (core module $M))))
        (export "f" (func $c "f")))
      (instance $t (instantiate $Twice (with "c" (component $Make)) (with "m" (core module $Five))))
      (export "f" (func $t "f")))`);
    expect(call(instance, "f")).toBe(5);
  });
});

describe("the plan of core instances", () => {
  const planOf = async (wat: string, limits = {}) =>
    coreInstantiations(decodeComponent(await parse(wat)).component, limits);

  test("counts every instance, in the order in which they are made", async () => {
    const wat = `(component
      (core module $A) (core module $B)
      (component $C (core module $D) (core instance (instantiate $D)) (alias outer 1 0 (core module $x)) (core instance (instantiate $x)))
      (core instance (instantiate $B))
      (instance (instantiate $C)) (instance (instantiate $C))
      (core instance (instantiate $A)))`;
    const made: number[] = [];
    const plan = await planOf(wat);
    await link(
      wat,
      {},
      {
        instantiateCore(module) {
          made.push(module);
          return new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)));
        },
      },
    );
    expect(plan).toEqual([1, 2, 0, 2, 0, 0]);
    expect(made).toEqual(plan);
  });

  test("through arguments and exports", async () => {
    expect(
      await planOf(`(component
        (core module $A)
        (component $Holds (core module $B) (export "b" (core module $B)))
        (component $Takes (import "m" (core module $M)) (import "i" (instance $i (export "b" (core module))))
          (core instance (instantiate $M)) (alias export $i "b" (core module $b)) (core instance (instantiate $b)))
        (instance $h (instantiate $Holds))
        (instance (instantiate $Takes (with "m" (core module $A)) (with "i" (instance $h)))))`),
    ).toEqual([0, 1]);
  });
});
