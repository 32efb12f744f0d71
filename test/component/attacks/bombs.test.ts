/**
 * Job: components that are small and ask for much while they are read, linked or started: each is refused with a typed error,
 * in memory that does not grow with what it asks for.
 * Never: time anything; what does not end here ends at the test's limit.
 */
import type { Envelope } from "@capsule-run/host";
import { decodeComponent } from "@capsule-run/instrument/component";
import { afterAll, describe, expect, test } from "vitest";
import { ComponentError, instantiate } from "../../../packages/host/src/component/index.ts";
import { name, section, u, vector } from "../../support/encode.ts";
import { componentHost, fromText } from "../run-support.ts";
import { binary, component, customSection, instancesOf, listOf, primitive, tupleOf, types } from "./support.ts";

const host = await componentHost({ pool: { threads: 1 } });
const run = (bytes: Uint8Array, options: Parameters<typeof host.runBytes>[1] = {}): Promise<Envelope> =>
  host.runBytes(bytes, { invoke: "f()", ...options });

/** A component whose function answers, so that a refusal is not for want of one. */
const harmless = await fromText(
  `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))`,
);
const sectionsOfHarmless = harmless.subarray(8);
const around = (...sections: Parameters<typeof binary>[0]) => binary([...sections, sectionsOfHarmless]);

afterAll(async () => {
  // Whatever was asked, the host still runs what is harmless, and no thread is lost.
  expect((await run(harmless)).error).toBeNull();
  expect(host.capsule.state).toMatchObject({ lost: 0, running: 0 });
  // Kilobytes; a process of these tests without bombs has some 400 MB.
  expect(process.resourceUsage().maxRSS).toBeLessThan(1_800_000);
});

const refused = async (bytes: Uint8Array) => {
  const { error, success } = await run(bytes);
  expect(success).toBe(false);
  expect(error?.error_type).toMatch(/^(build_error|invalid_config|out_of_memory)$/);
  expect(error!.message.length).toBeLessThan(20_000);
  return error!.message;
};

describe("instances", () => {
  /** 0 holds nothing; each next one holds two of the one before. */
  const doubling = (levels: number) =>
    Array.from({ length: levels }).reduce<Uint8Array>(
      (inner) => binary([component(inner), instancesOf(2)]),
      binary([]),
    );

  test("10,000 beside each other", async () => {
    expect(await refused(around(component(binary([])), instancesOf(10_000)))).toMatch(/1000 instances/);
  });

  test("10,000 of a component with 10,000", async () => {
    const inner = binary([component(binary([])), instancesOf(900)]);
    await refused(around(component(inner), instancesOf(900)));
  });

  test("60 levels that double", async () => {
    await refused(around(component(doubling(60)), instancesOf(1)));
  });

  test("a few levels that double are allowed, and a linker without limits would follow any", async () => {
    expect((await run(around(component(doubling(6)), instancesOf(1)))).error).toBeNull();
    const { component: model } = decodeComponent(around(component(doubling(14)), instancesOf(1)));
    const link = (instances?: number) =>
      instantiate(model, {
        instantiateCore: () =>
          new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))),
        resolve: () => undefined,
        limits: instances === undefined ? {} : { instances },
      });
    expect(() => link()).toThrow(ComponentError);
    // Weakened, it makes 32,767 of them, and stumbles only over the empty core module given for the real one.
    expect(() => link(1_000_000)).not.toThrow(/instances/);
  });

  test("instances of instances that export each other, each twice", async () => {
    const exportTwice = (of: number) => [1, ...vector([0, 1].map((i) => [...[0], ...name(`e${i}`), 5, ...u(of)]))];
    const bags = section(5, vector(Array.from({ length: 500 }, (_, i) => (i === 0 ? [1, 0] : exportTwice(i - 1)))));
    expect((await run(around(bags))).error).toBeNull();
  });

  test("10,000 components inside each other", async () => {
    let bytes = binary([]);
    for (let i = 0; i < 10_000; i++) bytes = binary([component(bytes)]);
    expect(await refused(around(component(bytes)))).toMatch(/100|deep/);
  });

  test("5,000 core modules", async () => {
    const empty = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    await refused(around(...Array.from({ length: 5000 }, () => section(1, empty))));
  });

  test("200 memories of core modules", async () => {
    const wat = `(component (core module $m (memory 1)) ${"(core instance (instantiate $m))".repeat(200)}
      (core module $n (func (export "f"))) (core instance $i (instantiate $n)) (func (export "f") (canon lift (core func $i "f"))))`;
    expect(await refused(await fromText(wat))).toMatch(/memories/);
  });
});

describe("types", () => {
  /** Type 0 is a u8; each next one is made of the one before. */
  const chain = (length: number, of: (index: number) => readonly number[]) =>
    around(types([[primitive.u8], ...Array.from({ length }, (_, i) => of(i))]));

  test("pairs of pairs: 2^200 bytes", async () => {
    const { error } = await run(chain(200, (i) => tupleOf(i, i)));
    expect(error === null || error.error_type === "build_error").toBe(true);
  });

  test("pairs of pairs as a parameter", async () => {
    const wat = `(component
      (type $t0 (tuple u64 u64)) ${Array.from({ length: 60 }, (_, i) => `(type $t${i + 1} (tuple $t${i} $t${i}))`).join("\n")}
      (core module $m (memory (export "mem") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "f") (param i32)))
      (core instance $i (instantiate $m))
      (func (export "f") (param "p" $t60) (canon lift (core func $i "f") (memory (core memory $i "mem")) (realloc (core func $i "realloc")))))`;
    await refused(await fromText(wat));
  });

  test("lists of lists, 10,000 deep", async () => {
    const { error } = await run(chain(10_000, (i) => (i < 60 ? listOf(i) : [0x70, 0x80 | (i & 127), i >> 7])));
    expect(error === null || error.error_type === "build_error").toBe(true);
  });

  test("an option of an option, 200 deep, as a result", async () => {
    const wat = `(component (type $t0 (option u8)) ${Array.from({ length: 200 }, (_, i) => `(type $t${i + 1} (option $t${i}))`).join("\n")}
      (core module $m (memory (export "mem") 1) (func (export "f") (result i32) (i32.const 0)))
      (core instance $i (instantiate $m))
      (func (export "f") (result $t200) (canon lift (core func $i "f") (memory (core memory $i "mem")))))`;
    const { error } = await run(await fromText(wat));
    expect(error?.error_type).toBe("build_error");
  });

  test("300,000 labels in one enum", async () => {
    const labels = Array.from({ length: 300_000 }, (_, i) => name(`l${i}`));
    await refused(around(types([[0x6d, ...vector(labels)]])));
  });

  test("a record of 5,000 fields that has 4,000 names", async () => {
    const fields = Array.from({ length: 5_000 }, (_, i) => [...name(`a${i.toString(36)}`), primitive.u8]);
    const exports = Array.from({ length: 4_000 }, (_, i) => [0, ...name(`b${i.toString(36)}`), 3, 0, 0]);
    const bytes = binary([types([[0x72, ...vector(fields)]]), section(11, vector(exports))]);
    // So small, it is read on the host's own thread.
    expect(bytes.length).toBeLessThan(64 * 1024);
    expect(await refused(bytes)).toMatch(/fields/);
  });

  test("instance types that export two of the one before", async () => {
    const level = (i: number) => `(type $i${i + 1} (instance (alias outer 1 $i${i} (type $t))
      (export "a" (instance (type $t))) (export "b" (instance (type $t)))))`;
    const wat = `(component (type $i0 (instance (export "x" (func)))) ${Array.from({ length: 60 }, (_, i) => level(i)).join("\n")}
      (import "it" (instance (type $i60))))`;
    await refused(await fromText(wat));
  });

  test("a type that names itself", async () => {
    await refused(around(types([tupleOf(0)])));
    await refused(around(types([tupleOf(1), tupleOf(0)])));
  });
});

describe("bytes", () => {
  const hundredMegabytes = 100 * 1024 * 1024;

  test("a custom section of 100 MB", async () => {
    const { error } = await run(around(customSection("'+PWNED+'", hundredMegabytes)));
    expect(error === null || /^(build_error|invalid_config)$/.test(error.error_type)).toBe(true);
  });

  test("a name that says it has 4 GB", async () => {
    await refused(around([0, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x61]));
  });

  test("a section that says it has more than there is", async () => {
    await refused(binary([[7, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]]));
  });

  test("vectors that say they have 2^32 - 1 items", async () => {
    for (const id of [2, 3, 5, 6, 7, 8, 10, 11]) await refused(around([id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]));
  });

  test("numbers that do not end", async () => {
    await refused(around([7, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]));
    await refused(around([0x80, 0]));
  });

  test("no prefix of a component is anything but refused or harmless", async () => {
    for (let length = 0; length < harmless.length; length++) {
      const { error } = await run(harmless.slice(0, length));
      // Where only sections were cut off that it does not need, it answers.
      if (error !== null) expect(error.error_type, `${length} bytes`).toMatch(/^(build_error|invalid_config)$/);
    }
  });
});
