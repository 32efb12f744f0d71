/**
 * Job: components that reach for the counter, by name, by alias, by guessing indices, or by being metered before: none gets more
 * than its budget, on our host and in what `instrumentComponent` gives to others.
 * Never: trust that a refusal was for the right reason: each attack is shown to reach an ordinary global.
 */
import { decodeComponent, instrumentComponent } from "@capsule-run/instrument/component";
import { describe, expect, test } from "vitest";
import { type ComponentInstance, instantiate } from "../../../packages/host/src/component/index.ts";
import { componentHost, fromText } from "../run-support.ts";

const host = await componentHost({ pool: { threads: 1 } });
const budget = 1_000_000n;

/** What an attacker wants of a mutable i64 global that it can import: to set it. */
const thief = (module: string, field: string) => `(core module $thief
  (import "${module}" "${field}" (global $g (mut i64)))
  (func (export "f") (global.set $g (i64.const 0x7fffffffffffffff)) (loop $l (br $l))))`;

/** As a plain linker of other engines sees a metered component. */
function linkedOutside(bytes: Uint8Array): ComponentInstance {
  const { component, modules } = decodeComponent(bytes);
  return instantiate(component, {
    instantiateCore: (n, imports) =>
      new WebAssembly.Instance(new WebAssembly.Module(modules[n] as Uint8Array<ArrayBuffer>), imports),
    resolve: () => undefined,
  });
}

/** Answers whether it ran out there. */
function outsideRunsOut(bytes: Uint8Array): boolean {
  const instance = linkedOutside(bytes);
  const found = instance.exports.get("f");
  if (found?.kind !== "func") throw new Error("no f");
  try {
    found.call();
  } catch (error) {
    return error instanceof WebAssembly.RuntimeError;
  }
  return false;
}

const attacks: Record<string, string> = {
  "by its name, from an instance of the guest's that has it": `(component ${thief("capsule", "fuel")}
    (core module $own (global (export "fuel") (mut i64) (i64.const 5)))
    (core instance $own (instantiate $own))
    (core instance $i (instantiate $thief (with "capsule" (instance $own))))
    (func (export "f") (canon lift (core func $i "f"))))`,
  "by its name, from nowhere": `(component ${thief("capsule", "fuel")}
    (core instance $i (instantiate $thief)) (func (export "f") (canon lift (core func $i "f"))))`,
  "by the exported form's name": `(component
    (core module $m (global (export "capsule:fuel") (mut i64) (i64.const 5)) (func (export "f") (loop $l (br $l))))
    (core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))`,
  "as an alias of an instance's export that is not there": `(component ${thief("m", "g")}
    (core module $m (func (export "x"))) (core instance $m (instantiate $m))
    (core instance $i (instantiate $thief (with "m" (instance (export "g" (global $m "fuel"))))))
    (func (export "f") (canon lift (core func $i "f"))))`,
  "as the first core instance, which is the counter's after metering": `(component ${thief("m", "fuel")}
    (core module $m (global (export "fuel") (mut i64) (i64.const 5))) (core instance $m (instantiate $m))
    (core instance $i (instantiate $thief (with "m" (instance 0))))
    (func (export "f") (canon lift (core func $i "f"))))`,
  "as the outer component's first module": `(component $outer
    (core module $m (global (export "fuel") (mut i64) (i64.const 5)))
    (component $inner
      (alias outer $outer $m (core module $x))
      (core instance $x (instantiate $x))
      ${thief("m", "fuel")}
      (core instance $i (instantiate $thief (with "m" (instance $x))))
      (func (export "f") (canon lift (core func $i "f"))))
    (instance $in (instantiate $inner)) (export "f" (func $in "f")))`,
  "by an export of the interface's name": `(component
    (core module $m (func (export "remaining") (result i64) i64.const 9) (func (export "f") (loop $l (br $l))))
    (core instance $i (instantiate $m))
    (func $r (result s64) (canon lift (core func $i "remaining")))
    (instance $c (export "remaining" (func $r)))
    (export "capsule:fuel/counter" (instance $c))
    (func (export "f") (canon lift (core func $i "f"))))`,
};

describe.each(Object.entries(attacks))("the counter %s", (_, wat) => {
  test("is not had on our host", async () => {
    const { error } = await host.runBytes(await fromText(wat), { invoke: "f()", policy: { compute: Number(budget) } });
    expect(error?.error_type).toMatch(/^(build_error|out_of_fuel)$/);
  });

  test("is not had in what others run", async () => {
    let metered: Uint8Array;
    try {
      metered = instrumentComponent(await fromText(wat), { fuel: budget }).bytes;
    } catch (error) {
      expect(error).toMatchObject({
        name: "InstrumentError",
        code: expect.stringMatching(/reserved_name|already_metered|invalid/),
      });
      return;
    }
    let ranOut: boolean;
    try {
      ranOut = outsideRunsOut(metered);
    } catch (error) {
      // Refused while linking.
      expect(String(error)).toMatch(/ComponentError|LinkError/);
      return;
    }
    expect(ranOut).toBe(true);
  });
});

test("what the thief does works on a global that it has", async () => {
  const wat = `(component
    (core module $thief (import "m" "g" (global $g (mut i64)))
      (func (export "f") (result i64) (global.set $g (i64.const 42)) (global.get $g)))
    (core module $m (global (export "g") (mut i64) (i64.const 5))) (core instance $m (instantiate $m))
    (core instance $i (instantiate $thief (with "m" (instance $m))))
    (func (export "f") (result u64) (canon lift (core func $i "f"))))`;
  expect((await host.runBytes(await fromText(wat), { invoke: "f()" })).result).toBe(42);
});

test("a component metered before is refused, not metered twice", async () => {
  const once = instrumentComponent(
    await fromText(
      `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))`,
    ),
    { fuel: budget },
  ).bytes;
  expect(() => instrumentComponent(once, { fuel: budget })).toThrow(/metered|capsule/);
  expect((await host.runBytes(once, { invoke: "f()" })).error?.error_type).toBe("build_error");
});

test("the sum of all instances is what counts: none of four has a budget of its own", async () => {
  const loop = (name: string) => `(core module $${name} (func (export "work") (param i32)
    (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))  (core instance $${name} (instantiate $${name}))`;
  const wat = `(component ${["a", "b", "c", "d"].map(loop).join("\n")}
    (core module $all ${["a", "b", "c", "d"].map((name) => `(import "${name}" "work" (func $${name} (param i32)))`).join(" ")}
      (func (export "f") (param i32) ${["a", "b", "c", "d"].map((name) => `(call $${name} (local.get 0))`).join(" ")}))
    (core instance $i (instantiate $all ${["a", "b", "c", "d"].map((name) => `(with "${name}" (instance $${name}))`).join(" ")}))
    (func (export "f") (param "n" u32) (canon lift (core func $i "f"))))`;
  const bytes = await fromText(wat);
  const fuelOf = async (n: number) => {
    const { error, execution } = await host.runBytes(bytes, { invoke: `f(${n})` });
    expect(error).toBeNull();
    return Number(execution.fuel_consumed);
  };
  // Four loops of four operators: the meter's 5 a turn and what calls cost, in each of four modules.
  const [one, many] = [await fuelOf(1000), await fuelOf(2000)];
  expect((many - one) % 4000).toBe(0);
  expect((many - one) / 4000).toBeGreaterThanOrEqual(4);
  const perTurn = (many - one) / 4000;
  // A budget that each loop alone would fit into, but not all four.
  const { error } = await host.runBytes(bytes, { invoke: "f(1000)", policy: { compute: perTurn * 1000 * 2 } });
  expect(error?.error_type).toBe("out_of_fuel");
});

describe("twenty components that spend where they cannot tell", () => {
  const count = 20;
  /** A parent that calls each of them once; each spends `cost` and some ten after its function has returned, in `post-return`. */
  const siblings = async (cost: number) => {
    const turn = 5;
    const child = (i: number) => `(component $c${i}
      (core module $m
        (func (export "f") (result i32) i32.const 1)
        (func (export "post") (param i32) (local i32)
          (local.set 1 (i32.const ${cost / turn}))
          (loop $l (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))))
      (core instance $i (instantiate $m))
      (func (export "f") (result u32) (canon lift (core func $i "f") (post-return (core func $i "post")))))
      (instance $c${i} (instantiate $c${i}))`;
    const each = (text: (i: number) => string) => Array.from({ length: count }, (_, i) => text(i)).join("\n");
    return fromText(`(component ${each(child)}
      (component $parent
        ${each((i) => `(import "f${i}" (func $f${i} (result u32))) (core func $l${i} (canon lower (func $f${i})))`)}
        (core module $m ${each((i) => `(import "" "f${i}" (func $f${i} (result i32)))`)}
          (func (export "f") (result i32) ${each((i) => `(drop (call $f${i}))`)} (i32.const 7)))
        (core instance $i (instantiate $m (with "" (instance ${each((i) => `(export "f${i}" (func $l${i}))`)}))))
        (func (export "f") (result u32) (canon lift (core func $i "f"))))
      (instance $p (instantiate $parent ${each((i) => `(with "f${i}" (func $c${i} "f"))`)}))
      (export "f" (func $p "f")))`);
  };
  const cheap = 90_000;
  const dear = 900_000;
  /** SPEC.md, Components. */
  const lease = 100_000n;

  const outside = async (cost: number, fuel: bigint) => {
    const instance = linkedOutside(instrumentComponent(await siblings(cost), { fuel }).bytes);
    const counter = instance.exports.get("capsule:fuel/counter");
    const of = (found: typeof counter) => {
      if (found?.kind !== "func") throw new Error("no function");
      return found.call;
    };
    const remaining = of(counter?.kind === "instance" ? counter.exports.get("remaining") : undefined);
    return { f: () => of(instance.exports.get("f"))(), told: () => fuel - (remaining() as bigint) };
  };

  /** What one run really costs: our host has one global for all. */
  const costOfRun = async (cost: number) => {
    const { result, execution } = await host.runBytes(await siblings(cost), {
      invoke: "f()",
      policy: { compute: 40_000_000 },
    });
    expect(result).toBe(7);
    return BigInt(execution.fuel_consumed!);
  };

  test("share one budget on our host, which is spent when nothing is left", async () => {
    const spent = Number(await costOfRun(dear));
    expect(spent).toBeGreaterThan(count * dear);
    const bytes = await siblings(dear);
    expect((await host.runBytes(bytes, { invoke: "f()", policy: { compute: spent + 1 } })).error).toBeNull();
    const { error } = await host.runBytes(bytes, { invoke: "f()", policy: { compute: spent } });
    expect(error?.error_type).toBe("out_of_fuel");
  });

  test("spend a lease each at most where others run them, and are told at the next call", async () => {
    const { f, told } = await outside(cheap, budget);
    expect(f()).toBe(7);
    const spent = await costOfRun(cheap);
    expect(spent).toBeGreaterThan(budget);
    expect(spent).toBeLessThanOrEqual(budget + BigInt(count) * lease);
    expect(told()).toBeLessThan(1_000n);
    // By then the budget is spent.
    expect(f).toThrow(/unreachable/);

    const twice = await outside(cheap, 10n * budget);
    expect([twice.f(), twice.f()]).toEqual([7, 7]);
    const once = await outside(cheap, 10n * budget);
    once.f();
    const untold = spent - once.told();
    expect(twice.told()).toBe(2n * spent - untold);
  });

  test("stop where one wants more than its lease", async () => {
    for (const fuel of [500_000n, budget, 100n * budget]) {
      const { f } = await outside(dear, fuel);
      expect(f).toThrow(/unreachable/);
    }
  });

  test("have a tenth of a large budget between them", async () => {
    const { f } = await outside(dear, 200n * budget);
    expect(f()).toBe(7);
  });

  test("a lease is what is left where that is less", async () => {
    const spent = (await costOfRun(cheap)) / BigInt(count);
    expect((await outside(cheap, spent + 500n)).f()).toBe(7);
    expect((await outside(cheap, spent - 500n)).f).toThrow(/unreachable/);
  });
});
