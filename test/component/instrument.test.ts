/**
 * Job: what the decoder, the rewriter and the description of components promise: what is read, what is refused and where, and
 * that no guest reaches the counter.
 * Never: run whole worlds (instrument-scripts, instrument-engines).
 */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { InstrumentError, type InstrumentErrorCode, instrument } from "@capsule-run/instrument";
import {
  type ComponentOptions,
  decodeComponent,
  describeComponent,
  instrumentComponent,
  isComponent,
} from "@capsule-run/instrument/component";
import { parseText } from "@capsule-run/instrument/text";
import { describe, expect, test } from "vitest";
import { components } from "../fuzz/components.ts";
import { name, section, u } from "../support/encode.ts";
import { call, host, linkBytes } from "./linker-support.ts";

const { flat, nested, world, mixed } = await components();
const preamble = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
const binary = (...sections: readonly (readonly number[])[]) => Uint8Array.from([...preamble, ...sections.flat()]);
const fuel = 1_000_000n;

/** The code and place of the refusal; "accepted" where there is none. */
function refusal(run: () => unknown): {
  code: InstrumentErrorCode | "accepted";
  offset: number | null;
  message: string;
} {
  try {
    run();
  } catch (error) {
    if (!(error instanceof InstrumentError)) throw error;
    const { code, offset, message } = error;
    return { code, offset, message };
  }
  return { code: "accepted", offset: null, message: "" };
}
const decoding = (bytes: Uint8Array) => refusal(() => decodeComponent(bytes));
const metering = (bytes: Uint8Array, options: Partial<ComponentOptions> = {}) =>
  refusal(() => instrumentComponent(bytes, { fuel, ...options }));
const meteringText = async (text: string) => metering(new Uint8Array(await parse(text)));

describe("decoding", () => {
  test("a component's definitions, modules as views of the input, custom sections", () => {
    const { component, modules, customSections } = decodeComponent(flat);
    expect(component.definitions.map(({ kind }) => kind).slice(0, 3)).toEqual(["type", "import", "core-module"]);
    expect(modules).toHaveLength(2);
    for (const module of modules) expect(module.buffer).toBe(flat.buffer);
    expect(customSections.map(({ name }) => name)).toEqual(["component-name"]);
    const [lift] = component.definitions.filter(({ kind }) => kind === "canon").slice(-1);
    expect(lift).toMatchObject({ canon: { kind: "lift", options: { encoding: "utf8", memory: 0, realloc: 0 } } });
  });

  test("a definition is plain data: it can be posted", () => {
    for (const bytes of [flat, nested, world, mixed]) {
      const { component } = decodeComponent(bytes);
      expect(structuredClone(component)).toEqual(component);
    }
  });

  test("modules and components are told apart", async () => {
    const module = await parseText("(module)");
    expect([isComponent(flat), isComponent(module), isComponent(new Uint8Array(3))]).toEqual([true, false, false]);
    expect(decoding(module)).toMatchObject({ code: "malformed", offset: 4 });
    expect(refusal(() => instrument(flat))).toMatchObject({ code: "component", offset: 4 });
    expect(() => decodeComponent("x" as never)).toThrow(TypeError);
  });

  test.each([
    ["no component", [1, 2, 3], "malformed", 0],
    ["another version", [0, 0x61, 0x73, 0x6d, 0x0e, 0, 1, 0], "unsupported", 4],
    ["a section that is longer than the input", [...preamble, 1, 0xff, 0x7f], "malformed", 11],
    ["an unknown section", [...preamble, 13, 0], "unsupported", 8],
    ["values", [...preamble, 12, 1, 0], "unsupported", 8],
    ["more definitions than bytes", [...preamble, 7, 2, 0x7f, 0x7f], "malformed", 10],
    ["a section longer than its content", [...preamble, 7, 3, 1, 0x7f, 0x7f], "malformed", 12],
    ["a stream", [...preamble, 7, 3, 1, 0x66, 0], "unsupported", 11],
    ["an async function", [...preamble, 7, 5, 1, 0x43, 0, 1, 0], "unsupported", 11],
    ["error-context", [...preamble, 7, 2, 1, 0x64], "unsupported", 11],
    ["a type of itself", [...preamble, 7, 3, 1, 0x70, 0], "invalid", 12],
    ["a type index in the signed encoding of bool", [...preamble, 7, 4, 1, 0x70, 0xff, 0x7f], "malformed", 12],
    ["an empty record", [...preamble, 7, 3, 1, 0x72, 0], "invalid", 11],
    ["33 flags", [...preamble, ...section(7, [1, 0x6e, 33, ...labels(33)])], "invalid", 11],
    ["a label twice", [...preamble, ...section(7, [1, 0x6d, 2, ...name("a-b"), ...name("A-b")])], "invalid", 17],
    ["a core module from the host", coreImport(), "unsupported", 24],
    ["an async option", canonOptions([0x06]), "unsupported", null],
    ["a canonical built-in of threads", [...preamble, 8, 2, 1, 0x26], "unsupported", 11],
    ["an option twice", canonOptions([0x00, 0x01]), "invalid", null],
    ["an alias beyond the outermost scope", [...preamble, 6, 5, 1, 3, 2, 1, 0], "invalid", 13],
    ["an outer alias of a function", [...preamble, 6, 5, 1, 1, 2, 0, 0], "invalid", 11],
    ["a core instance of a module that is not there", [...preamble, 2, 4, 1, 0, 0, 0], "invalid", 12],
  ] as const)("%s", (_, bytes, code, offset) => {
    const found = decoding(Uint8Array.from(bytes));
    expect(found).toMatchObject(offset === null ? { code } : { code, offset });
  });

  test.each(
    [
      "",
      "a b",
      "É",
      "a'b",
      'a"',
      "a\\",
      "a`$\x7b1}",
      "a\nb",
      "a*/",
      "1a",
      "a--b",
      "-a",
      "a-",
      "aB",
      "a:b",
      "a:b/",
      ":b/c",
    ].concat(
      ["a:b/c@", "a:b/c@1.0", "a:b/c@01.0.0", "a:b/c@1.0.0-", "a:b/c d", "[method]a", "[method]a.b.c", "[foo]a.b"],
      ["[constructor]a.b", "a\u0000", "аdd", "a_b", "A:b/c", "a".repeat(10_001)],
    ),
  )("%j is no name of an import", (text) => {
    expect(decoding(importing(text)).code).toMatch(/invalid|limit|unsupported/);
  });

  test.each(
    [
      "a",
      "a1-2b",
      "get-JSON",
      "A-b",
      "a:b/c",
      "a:b-c/D-e@0.2.0",
      "a:b/c@1.0.0-rc.1+x.y",
      "a:b/c@0.2",
      "[method]a.b",
    ].concat(["[constructor]a", "[static]a-B.c"]),
  )("%j is one", (text) => {
    expect(decoding(importing(text)).code).toBe("accepted");
  });

  test("names that bindings could not tell apart stand once", async () => {
    const two = (a: string, b: string) => decoding(importing(a, b)).code;
    expect(two("foo-bar", "FOO-bar")).toBe("invalid");
    expect(two("a", "[method]a.a")).toBe("invalid");
    expect(two("[method]a.b", "[static]a.b")).toBe("invalid");
    expect(two("a", "[constructor]a")).toBe("accepted");
  });
});

/** A component that imports functions by these names. */
function importing(...names: readonly string[]): Uint8Array {
  const imports = names.flatMap((text) => [0, ...name(text), 1, 0]);
  return binary(section(7, [1, 0x40, 0, 1, 0]), section(10, [...u(names.length), ...imports]));
}
function labels(count: number): number[] {
  return Array.from({ length: count }, (_, i) => name(`l${i}`)).flat();
}
function coreImport(): number[] {
  return [...preamble, ...section(3, [1, 0x50, 0]), ...section(10, [1, 0, ...name("module"), 0, 0x11, 0])];
}
function canonOptions(options: readonly number[]): number[] {
  return [...importing("f"), ...section(8, [1, 1, 0, 0, options.length, ...options])];
}

describe("what an attacker gains nothing from", () => {
  test("cut off after every byte, each byte changed: a typed error, or the result is read again", () => {
    for (const whole of [flat, nested, world, mixed]) {
      for (let length = 0; length < whole.length; length++) {
        const { code, offset } = decoding(whole.slice(0, length));
        // Between two sections, what is there is a component.
        if (code !== "accepted") expect(offset, `${length} bytes`).toBeLessThanOrEqual(length);
      }
      for (let at = 8; at < whole.length; at++)
        for (const change of [0x01, 0x80]) {
          const bytes = whole.slice();
          bytes[at]! ^= change;
          let metered: Uint8Array | null = null;
          const { code } = refusal(() => {
            metered = instrumentComponent(bytes, { fuel }).bytes;
          });
          if (code === "accepted") decodeComponent(metered!);
        }
    }
  }, 60_000);

  test("depth: components in components, types in types", () => {
    let components = binary();
    let types = [0x7f];
    for (let depth = 0; depth < 500; depth++) {
      components = binary(section(4, [...components]));
      types = [0x42, 1, 1, ...types];
    }
    expect(decoding(components).code).toBe("limit");
    expect(decoding(binary(section(7, [1, ...types]))).code).toBe("limit");
  });

  test("counts: 10,000 instances, a million names, 1,001 modules", async () => {
    const instances = Array.from({ length: 10_000 }, () => [1, 0]).flat();
    expect(decoding(binary(section(5, [...u(10_000), ...instances]))).code).toBe("limit");
    const type = [0x6d, ...u(300_000), ...labels(300_000)];
    expect(decoding(Uint8Array.from([...preamble, ...section(7, [1, ...type])])).code).toBe("limit");
    const module = [...(await parseText("(module)"))];
    const modules = Array.from({ length: 1001 }, () => section(1, module)).flat();
    expect(decoding(Uint8Array.from([...preamble, ...modules])).code).toBe("limit");
  });

  test("instances that double forty times", async () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `(component $c${i + 1} (alias outer 1 $c${i} (component $c))
        (instance (instantiate $c)) (instance (instantiate $c)))`,
    );
    const bytes = new Uint8Array(
      await parse(`(component (component $c0) ${doubling.join("\n")} (instance (instantiate $c40)))`),
    );
    expect(decoding(bytes).code).toBe("accepted");
    expect(metering(bytes)).toMatchObject({ code: "limit" });
    expect(refusal(() => describeComponent(decodeComponent(bytes).component)).code).toBe("limit");
  });

  test("types that double forty times, a thousand deep, or ten times at each of sixteen levels", () => {
    const tuple = (of: number, times: number) => [0x6f, times, ...Array(times).fill(u(of)).flat()];
    const bombs = [
      [[0x7d], ...Array.from({ length: 40 }, (_, i) => tuple(i, 2))],
      [[0x7d], ...Array.from({ length: 60 }, (_, i) => [0x6b, ...signed(i)])],
      [[0x7d], ...Array.from({ length: 16 }, (_, i) => tuple(i, 10))],
    ];
    for (const types of bombs) {
      const f = [0x40, 1, ...name("x"), ...signed(types.length - 1), 1, 0];
      const bytes = binary(
        section(7, [...u(types.length + 1), ...types.flat(), ...f]),
        section(10, [1, 0, ...name("f"), 1, ...u(types.length)]),
      );
      expect(metering(bytes).code).toBe("accepted");
      const [item] = describeComponent(decodeComponent(bytes).component).imports;
      expect(item).toMatchObject({ kind: "function" });
      expect("text" in item! && item.text.length).toBeLessThanOrEqual(4_001);
    }
  });

  test("100 MB in a custom section are passed through", () => {
    const content = new Uint8Array(100 << 20);
    const header = [0, ...u(content.length + 2), ...name("x")];
    const bytes = new Uint8Array(flat.length + header.length + content.length);
    bytes.set(flat);
    bytes.set(header, flat.length);
    expect(decodeComponent(bytes).customSections.at(-1)).toMatchObject({ name: "x" });
    const { bytes: out } = instrumentComponent(bytes, { fuel });
    expect(decodeComponent(out).customSections.map(({ content }) => content.length)).toContain(content.length);
  });
});

const signed = (index: number) => (index < 64 ? [index] : [(index & 0x7f) | 0x80, index >> 7]);

describe("the counter is the operator's", () => {
  const counterOf = (bytes: Uint8Array, budget = fuel) =>
    linkBytes(instrumentComponent(bytes, { fuel: budget }).bytes, { log: () => undefined });

  test("it counts down from the budget, and what is spent ends the run", async () => {
    const instance = counterOf(flat);
    expect(call(instance, "capsule:fuel/counter#remaining")).toBe(fuel);
    expect(call(instance, "add", 1, 2)).toBe(3);
    expect(call(instance, "capsule:fuel/counter#remaining")).toBe(fuel - 4n);
    call(instance, "capsule:fuel/counter#set-remaining", 4n);
    expect(() => call(instance, "add", 1, 2)).toThrow(/unreachable/);
    expect(() => call(counterOf(flat), "spin")).toThrow(/unreachable/);
  });

  test("a run ends normally if and only if it costs less than the budget, also across components", () => {
    const used = (budget: bigint) => {
      const instance = counterOf(nested, budget);
      call(instance, "run", 20);
      return budget - (call(instance, "capsule:fuel/counter#remaining") as bigint);
    };
    // The callee's `post-return` costs 1 unit for its entry, and is told at the next call.
    const cost = used(fuel);
    expect(cost).toBeGreaterThan(300n);
    expect(used(cost + 2n)).toBe(cost);
    expect(() => used(cost + 1n)).toThrow(/unreachable/);
  });

  test("start functions of components inside are on the same budget", () => {
    // Two instances run a start function of ten rounds.
    const { report } = instrumentComponent(nested, { fuel });
    expect(report).toMatchObject({ counters: 3, startFuel: 4n });
    expect(() => counterOf(nested, 100n)).toThrow(/unreachable/);
  });

  test("a guest's own global called fuel stays its own", async () => {
    const instance = counterOf(
      new Uint8Array(
        await parse(`(component
          (core module $a (global (export "fuel") (mut i64) (i64.const 1)))
          (core module $b
            (import "a" "fuel" (global $fuel (mut i64)))
            (func (export "refuel") (global.set $fuel (i64.const 0x7fffffffffffffff))))
          (core instance $a (instantiate $a))
          (alias core export $a "fuel" (core global $fuel))
          (core instance $again (export "fuel" (global $fuel)))
          (core instance $b (instantiate $b (with "a" (instance $again))))
          (func (export "refuel") (canon lift (core func $b "refuel"))))`),
      ),
    );
    call(instance, "refuel");
    expect(call(instance, "capsule:fuel/counter#remaining")).toBe(fuel - 3n);
  });

  /** A guest that knows how its metered form looks, and that could name what is in it. */
  const attack = [
    section(6, [1, 0, 0, 1, 0, ...name("set-remaining")]),
    section(7, [1, 0x40, 1, ...name("fuel"), 0x78, 1, 0]),
  ];
  const lifted = (bytes: Uint8Array) => {
    const { definitions } = decodeComponent(bytes).component;
    const count = (space: "core func" | "type" | "func") =>
      definitions.filter((definition) => {
        const { kind } = definition;
        if (kind === "type") return space === "type";
        if (kind === "canon") return space === (definition.canon.kind === "lift" ? "func" : "core func");
        if (kind === "alias")
          return definition.target.kind === "core-export" && space === `core ${definition.target.sort}`;
        return (
          space === "func" &&
          ((kind === "export" && definition.sort === "func") ||
            (kind === "import" && definition.extern.kind === "func"))
        );
      }).length;
    return Uint8Array.from([
      ...bytes,
      ...attack.flat(),
      ...section(8, [1, 0, 0, ...u(count("core func")), 0, ...u(count("type"))]),
      ...section(11, [1, 0, ...name("attack"), 1, ...u(count("func")), 0]),
    ]);
  };

  test("whoever could name core instance 0 of the metered form would refuel itself; a guest that does so names its own", () => {
    // The guard away: the attack stands in the output, where no index moves.
    const weak = linkBytes(lifted(instrumentComponent(flat, { fuel }).bytes), { log: () => undefined });
    call(weak, "attack", 1n << 60n);
    expect(call(weak, "capsule:fuel/counter#remaining")).toBe(1n << 60n);
    // In the input it aims at the guest's own instance, which exports no such thing.
    const strong = instrumentComponent(lifted(flat), { fuel }).bytes;
    expect(() => linkBytes(strong, { log: () => undefined })).toThrow(/set-remaining/);
  });

  test("every index that is not the guest's is refused: none means the counter", () => {
    // Core instance 0, where the guest has none: an alias of its export "fuel", and an argument.
    expect(decoding(binary(section(6, [1, 0, 3, 1, 0, ...name("fuel")]))).code).toBe("invalid");
    expect(decoding(binary(section(2, [1, 1, 1, ...name("x"), 3, 0]))).code).toBe("invalid");
    // An outer alias from inside to core module 0.
    const inner = binary(section(6, [1, 0, 0x11, 2, 1, 0]), section(2, [1, 0, 0, 0]));
    expect(decoding(binary(section(4, [...inner]))).code).toBe("invalid");
  });

  test("an outer alias to a core module means the guest's, not the counter's", async () => {
    const instance = counterOf(
      new Uint8Array(
        await parse(`(component
          (core module $m (func (export "f") (result i32) i32.const 42))
          (component $c
            (alias outer 1 $m (core module $m))
            (core instance $i (instantiate $m))
            (func (export "f") (result u32) (canon lift (core func $i "f"))))
          (instance $c (instantiate $c))
          (export "f" (func $c "f")))`),
      ),
    );
    expect(call(instance, "f")).toBe(42);
    expect(call(instance, "capsule:fuel/counter#remaining")).toBe(fuel - 2n);
  });

  test.each([
    ["an import of the counter", `(core module (import "capsule" "fuel" (global (mut i64))))`, "already_metered"],
    ["an import beside it", `(core module (import "capsule" "x" (func)))`, "reserved_name"],
    [
      "an export with the counter's name",
      `(core module (global (export "capsule:fuel") i64 (i64.const 0)))`,
      "already_metered",
    ],
    [
      "an argument with the counter's name",
      `(core module $m) (core instance $i (instantiate $m)) (core instance (instantiate $m (with "capsule" (instance $i))))`,
      "reserved_name",
    ],
    ["an import of the bank", `(import "capsule:fuel/bank" (instance))`, "already_metered"],
    [
      "an argument with the bank's name",
      `(component $c) (instance $i) (instance (instantiate $c (with "capsule:fuel/bank" (instance $i))))`,
      "reserved_name",
    ],
    ["one in a component inside", `(component (import "capsule:fuel/bank@1.0.0" (instance)))`, "already_metered"],
  ] as const)("%s is refused", async (_, definitions, code) => {
    expect(await meteringText(`(component ${definitions})`)).toMatchObject({ code });
  });

  test("what is metered is not metered again", () => {
    for (const bytes of [flat, nested])
      expect(metering(instrumentComponent(bytes, { fuel }).bytes).code).toBe("already_metered");
  });

  test("code in the outermost component and in one inside it: on one budget, with all imports and exports", () => {
    const file = {};
    const given = host({ open: () => file }, { file: { drop: () => undefined } });
    const { bytes, report } = instrumentComponent(mixed, { fuel });
    expect(report.counters).toBe(2);
    const instance = linkBytes(bytes, { "a:b/types": given, other: () => file });
    const left = () => fuel - (call(instance, "capsule:fuel/counter#remaining") as bigint);
    expect(call(instance, "use", { x: 1 })).toBe(1);
    expect(left()).toBe(5n);
    expect(call(instance, "c:d/inner#f", 1)).toBe(2);
    expect(left()).toBe(9n);
    call(instance, "capsule:fuel/counter#set-remaining", 4n);
    expect(() => call(instance, "c:d/inner#f", 1)).toThrow(/unreachable/);
  });

  test("a component with code that is handed on as one is refused", async () => {
    const code = "(core module $m) (core instance (instantiate $m))";
    expect(await meteringText(`(component (component $c ${code}) (export "c" (component $c)))`)).toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("handed on"),
    });
  });
});

describe("what is written", () => {
  test("is the same each time, and leaves the input alone", () => {
    for (const bytes of [flat, nested, world, mixed]) {
      const before = bytes.slice();
      const once = instrumentComponent(bytes, { fuel }).bytes;
      expect(instrumentComponent(bytes, { fuel }).bytes).toEqual(once);
      expect(bytes).toEqual(before);
    }
  });

  test("has the world of the original, and the counter", () => {
    for (const bytes of [flat, nested, world, mixed]) {
      const before = describeComponent(decodeComponent(bytes).component);
      const after = describeComponent(decodeComponent(instrumentComponent(bytes, { fuel }).bytes).component);
      expect(after.imports).toEqual(before.imports);
      expect(after.exports.slice(0, -1)).toEqual(before.exports);
      expect(after.exports.at(-1)).toEqual({
        kind: "interface",
        name: "capsule:fuel/counter",
        types: [],
        functions: [
          { name: "remaining", text: "func() -> s64" },
          { name: "set-remaining", text: "func(fuel: s64)" },
        ],
      });
    }
  });

  test("names follow what moved", async () => {
    const { print } = await import("@bytecodealliance/jco-transpile/wasm-tools");
    const text = (await print(instrumentComponent(flat, { fuel }).bytes)) as string;
    for (const named of ["(component $flat", "(core module $libc", "(core instance $spare (;", "(core module $main"])
      expect(text).toContain(named);
    expect(text).toMatch(/\(core instance \$libc \(;1;\) \(instantiate \$libc/);
  });

  test("the report sums over core modules and their instances", () => {
    const { report } = instrumentComponent(flat, { fuel });
    expect(report).toMatchObject({ counters: 1, functions: 4, startFuel: 0n });
    expect(report.modules.map(({ functions }) => functions)).toEqual([1, 3]);
    expect(report.memories).toHaveLength(2);
  });

  test("a component without code is left as it is", async () => {
    const bytes = new Uint8Array(await parse(`(component (import "f" (func $f)) (export "g" (func $f)))`));
    const { bytes: out, report } = instrumentComponent(bytes, { fuel });
    expect(out).toEqual(bytes);
    expect(report).toMatchObject({ counters: 0, modules: [] });
  });

  test("limits hold for each module, and errors say in which and where", () => {
    const { code, message, offset } = metering(flat, { maxMemory: 1000 });
    expect({ code, message }).toMatchObject({ code: "limit", message: expect.stringContaining("core module 0") });
    const at = decodeComponent(flat).modules[0]!.byteOffset - flat.byteOffset;
    expect(offset).toBeGreaterThan(at);
    expect(offset).toBeLessThan(at + decodeComponent(flat).modules[0]!.length);
    expect(instrumentComponent(flat, { fuel, maxMemory: 1 << 20 }).report.memories[0]).toMatchObject({
      maximumPages: 16,
    });
  });

  test("options are checked", () => {
    const given = (options: object) => () => instrumentComponent(flat, options as never);
    expect(given({})).toThrow(TypeError);
    expect(given({ fuel: 0n })).toThrow(RangeError);
    expect(given({ fuel, global: "import" })).toThrow(/no option global/);
    expect(given({ fuel, memory: "import" })).toThrow(/no option memory/);
    expect(given({ fuel, other: 1 })).toThrow(TypeError);
  });
});
