/** Job: who may be entered when, what comes out of a failure, and that nothing runs after it. Never: resources. */
import { describe, expect, test } from "vitest";
import { type ComponentInstance, ComponentTrap } from "../../packages/host/src/component/index.ts";
import { call, compiledOf, failure, link } from "./linker-support.ts";

/** A guest that calls "out", and whatever comes of it, goes on. */
const stubborn = `(component
  (import "out" (func $out))
  (core func $out' (canon lower (func $out)))
  (core module $M
    (import "" "out" (func $out))
    (global $went-on (mut i32) (i32.const 0))
    (func (export "f") (result i32)
      (block $caught (try_table (catch_all $caught) (call $out) (global.set $went-on (i32.const 1)) (return (i32.const 1))))
      (global.set $went-on (i32.const 1))
      (i32.const 2))
    (func (export "went-on") (result i32) (global.get $went-on)))
  (core instance $m (instantiate $M (with "" (instance (export "out" (func $out'))))))
  (func (export "f") (result u32) (canon lift (core func $m "f")))
  (func (export "went-on") (result u32) (canon lift (core func $m "went-on"))))`;

/** The stubborn guest, and a look at its core module behind the linker's back. */
async function watched(out: () => undefined) {
  const modules = await compiledOf(stubborn);
  let core: WebAssembly.Instance | undefined;
  const instantiateCore = (module: number, imports: WebAssembly.Imports) => {
    core = new WebAssembly.Instance(modules[module]!, imports);
    return core;
  };
  const instance = await link(stubborn, { out }, { instantiateCore });
  return { instance, wentOn: () => (core!.exports["went-on"] as () => number)() === 1 };
}

describe("a failure ends everything", () => {
  test("what the host throws comes out unchanged; no guest can catch it", async () => {
    const ours = new Error("the run is over");
    const { instance, wentOn } = await watched(() => {
      throw ours;
    });
    expect(failure(() => call(instance, "f"))).toBe(ours);
    expect(failure(() => call(instance, "went-on")).message).toMatch(/cannot be called any more/);
    expect(failure(() => call(instance, "went-on")).cause).toBe(ours);
    // Not behind our back either: the core module itself never came to its handler.
    expect(wentOn()).toBe(false);
  });

  test("what is no Error comes out unchanged, too", async () => {
    const instance = await link(stubborn, {
      out: () => {
        throw "text";
      },
    });
    let thrown: unknown;
    try {
      call(instance, "f");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe("text");
  });

  test("a trap", async () => {
    const instance = await link(`(component
      (core module $M (func (export "f") unreachable) (func (export "g")))
      (core instance $m (instantiate $M))
      (func (export "f") (canon lift (core func $m "f")))
      (func (export "g") (canon lift (core func $m "g"))))`);
    expect(call(instance, "g")).toBeUndefined();
    expect(failure(() => call(instance, "f"))).toBeInstanceOf(WebAssembly.RuntimeError);
    expect(failure(() => call(instance, "g"))).toBeInstanceOf(ComponentTrap);
  });

  test("a host that swallows a failure inside its call does not hide it", async () => {
    let inner: Error | undefined;
    const { instance, wentOn } = await watched(() => {
      inner = failure(() => call(instance, "went-on"));
      return undefined;
    });
    expect(failure(() => call(instance, "f"))).toBe(inner);
    expect(wentOn()).toBe(false);
    expect(inner!.message).toMatch(/entered while it runs/);
  });

  test("an exception of the guest does not leave its component", async () => {
    const instance = await link(`(component
      (component $A
        (core module $M (tag $t) (func (export "f") (throw $t)))
        (core instance $m (instantiate $M))
        (func (export "f") (canon lift (core func $m "f"))))
      (component $B
        (import "f" (func $f))
        (core func $f' (canon lower (func $f)))
        (core module $M (import "" "f" (func $f))
          (func (export "g") (result i32)
            (block $caught (try_table (catch_all $caught) (call $f)))
            (i32.const 1)))
        (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
        (func (export "g") (result u32) (canon lift (core func $m "g"))))
      (instance $a (instantiate $A))
      (instance $b (instantiate $B (with "f" (func $a "f"))))
      (export "g" (func $b "g")))`);
    expect(failure(() => call(instance, "g")).message).toMatch(/exception/);
  });

  test("a stack that is full", async () => {
    const instance = await link(
      `(component
      (import "out" (func $out))
      (core func $out' (canon lower (func $out)))
      (core module $M (import "" "out" (func $out))
        (func $deep (export "f") (result i32)
          (block $caught (try_table (catch_all $caught) (call $out) (drop (call $deep))))
          (i32.const 1))
        (func (export "g")))
      (core instance $m (instantiate $M (with "" (instance (export "out" (func $out'))))))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))`,
      { out: () => undefined },
    );
    // V8 lets a catch_all see that the stack is full; either way the call ends, and no border is left open.
    try {
      expect(call(instance, "f")).toBe(1);
      expect(call(instance, "f")).toBe(1);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  });

  test("arguments that do not fit are refused before anything runs, and nothing has failed", async () => {
    const instance = await link(`(component
      (core module $M (func (export "f") (param i32) (result i32) (local.get 0)))
      (core instance $m (instantiate $M))
      (func (export "f") (param "count" u8) (result u8) (canon lift (core func $m "f"))))`);
    expect(failure(() => call(instance, "f", 256)).message).toBe(
      "count: u8 (an integer from 0 to 255) is wanted, not 256",
    );
    expect(failure(() => call(instance, "f")).message).toMatch(/takes 1 arguments \(count\); 0 are given/);
    expect(call(instance, "f", 255)).toBe(255);
  });
});

describe("re-entrance", () => {
  const two = (main: string) => `(component
    (import "out" (func $out))
    (component $A
      (import "out" (func $out))
      (core func $out' (canon lower (func $out)))
      (core module $M (import "" "out" (func $out)) (func (export "f") (call $out)))
      (core instance $m (instantiate $M (with "" (instance (export "out" (func $out'))))))
      (func (export "f") (canon lift (core func $m "f"))))
    (instance $a (instantiate $A (with "out" (func $out))))
    ${main})`;

  test("from the host while it runs", async () => {
    let instance: ComponentInstance | undefined;
    instance = await link(two(`(export "f" (func $a "f"))`), {
      out: () => call(instance!, "f"),
    });
    expect(failure(() => call(instance!, "f")).message).toMatch(/entered while it runs/);
  });

  test("another instance of the same component, from the host: the one around both is running", async () => {
    let instance: ComponentInstance | undefined;
    let calls = 0;
    instance = await link(
      two(
        `(instance $b (instantiate $A (with "out" (func $out)))) (export "f" (func $a "f")) (export "g" (func $b "f"))`,
      ),
      { out: () => (calls++ === 0 ? call(instance!, "g") : undefined) },
    );
    expect(failure(() => call(instance!, "f")).message).toMatch(/entered while it runs/);
  });

  test("siblings call each other; the second may not call the first back", async () => {
    const instance = await link(
      two(`(instance $b (instantiate $A (with "out" (func $a "f")))) (export "g" (func $b "f"))`),
      { out: () => undefined },
    );
    expect(call(instance, "g")).toBeUndefined();
    expect(call(instance, "g")).toBeUndefined();
  });

  const related = (child: string, parent: string) => `(component
    (core module $Own (func (export "f")))
    (core instance $own (instantiate $Own))
    (func $own-f (canon lift (core func $own "f")))
    (component $Child
      (import "f" (func $f))
      (core func $f' (canon lower (func $f)))
      (core module $M (import "" "f" (func $f)) (func (export "g") ${child}))
      (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
      (func (export "g") (canon lift (core func $m "g"))))
    (instance $child (instantiate $Child (with "f" (func $own-f))))
    (core func $g (canon lower (func $child "g")))
    (core module $M (import "" "g" (func $g)) (func (export "h") ${parent}))
    (core instance $m (instantiate $M (with "" (instance (export "g" (func $g))))))
    (export "g" (func $child "g"))
    (func (export "h") (canon lift (core func $m "h"))))`;
  test.each([
    ["a child calls its parent", "(call $f)", "", "g"],
    ["a parent calls its child", "", "(call $g)", "h"],
  ])("%s: a trap", async (_, child, parent, name) => {
    const instance = await link(related(child, parent));
    expect(failure(() => call(instance, name)).message).toMatch(/one that it holds, or that holds it/);
    const quiet = await link(related("", ""));
    expect(call(quiet, name)).toBeUndefined();
  });

  test("during the start of a core module, imports may be called and exports not", async () => {
    const instance = await link(
      `(component
        (import "out" (func $out))
        (core func $out' (canon lower (func $out)))
        (core module $M (import "" "out" (func $out)) (func $start (call $out)) (start $start))
        (core instance $m (instantiate $M (with "" (instance (export "out" (func $out')))))))`,
      { out: () => undefined },
    );
    expect(instance.exports.size).toBe(0);
  });

  test("a start function that traps", async () => {
    const ends = link(
      `(component (core module $M (func $start unreachable) (start $start)) (core instance (instantiate $M)))`,
    );
    await expect(ends).rejects.toBeInstanceOf(WebAssembly.RuntimeError);
  });
});
