/**
 * Job: components that lie at their borders: about memory, lengths, handles, types, and when they return. Each run ends as the
 * guest's failure or at its limits, never as the host's, and the host runs on.
 * Never: time anything.
 */
import { decodeComponent } from "@capsule-run/instrument/component";
import { afterAll, describe, expect, test } from "vitest";
import { ComponentTrap, instantiate } from "../../../packages/host/src/component/index.ts";
import { resultJson } from "../../../packages/host/src/worker/inside/component-value.ts";
import { componentHost, fromText } from "../run-support.ts";

const host = await componentHost({ pool: { threads: 1 } });
type Options = Parameters<typeof host.runBytes>[1];
const run = async (wat: string, options: Options = {}) =>
  host.runBytes(await fromText(wat), { invoke: "f()", ...options });
const endingOf = async (wat: string, options: Options = {}) => {
  const { error, result } = await run(wat, options);
  return error === null ? { result } : { ended: error.error_type, message: error.message };
};

afterAll(async () => {
  const { result } = await run(`(component (core module $m (func (export "f") (result i32) i32.const 7))
    (core instance $i (instantiate $m)) (func (export "f") (result u32) (canon lift (core func $i "f"))))`);
  expect(result).toBe(7);
  expect(host.capsule.state).toMatchObject({ lost: 0, running: 0 });
  expect(process.resourceUsage().maxRSS).toBeLessThan(1_800_000);
});

/** A component of one core module, whose function `f` is lifted with a type and options. */
const lifted = (core: string, type = "", options = "") => `(component
  (core module $m ${core}) (core instance $i (instantiate $m))
  (func (export "f") ${type} (canon lift (core func $i "f") ${options})))`;
const withMemory = '(memory (core memory $i "mem"))';
const withRealloc = `${withMemory} (realloc (core func $i "realloc"))`;
const spin = "(loop $l (br $l))";

describe("what does not return", () => {
  const where: Record<string, string> = {
    "a start function of a core module": lifted(`(func $s ${spin}) (start $s) (func (export "f"))`),
    "an exported function": lifted(`(func (export "f") ${spin})`),
    "realloc for an argument": lifted(
      `(memory (export "mem") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${spin} (i32.const 0)) (func (export "f") (param i32 i32))`,
      '(param "s" string)',
      withRealloc,
    ),
    "post-return": lifted(
      `(func (export "f") (result i32) i32.const 1) (func (export "post") (param i32) ${spin})`,
      "(result u32)",
      '(post-return (core func $i "post"))',
    ),
    "a destructor": `(component
      (core module $d (func (export "drop") (param i32) ${spin})) (core instance $d (instantiate $d))
      (type $r (resource (rep i32) (dtor (core func $d "drop"))))
      (core func $new (canon resource.new $r)) (core func $drop (canon resource.drop $r))
      (core module $m (import "" "new" (func $new (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
        (func (export "f") (call $drop (call $new (i32.const 1)))))
      (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
      (func (export "f") (canon lift (core func $i "f"))))`,
  };

  test.each(Object.entries(where))("%s: ends with its fuel", async (what, wat) => {
    const invoke = what.startsWith("realloc") ? 'f("text")' : "f()";
    expect(await endingOf(wat, { invoke })).toMatchObject({ ended: "out_of_fuel" });
  });

  test.each(Object.entries(where))("%s: ends at its deadline", async (what, wat) => {
    const invoke = what.startsWith("realloc") ? 'f("text")' : "f()";
    const policy = { compute: "9000000000000000", timeout: "300ms" };
    expect(await endingOf(wat, { invoke, policy })).toMatchObject({ ended: "timeout" });
  });
});

test("a component's own start function is refused before it runs", async () => {
  const wat = `(component (core module $m (func (export "s") ${spin}) (func (export "f"))) (core instance $i (instantiate $m))
    (func $s (canon lift (core func $i "s"))) (start $s) (func (export "f") (canon lift (core func $i "f"))))`;
  expect(await endingOf(wat)).toMatchObject({ ended: "build_error" });
});

describe("a realloc", () => {
  const taking = (body: string, check = "(i32.load8_u (local.get 0))") =>
    lifted(
      `(memory (export "mem") 1) (global $at (mut i32) (i32.const 64))
       (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${body})
       (func (export "f") (param i32 i32) (result i32) ${check})`,
      '(param "l" (list u64)) (result u32)',
      withRealloc,
    );
  const invoke = "f([258, 2, 3])";

  test("that is honest, so that the lies below are what fails", async () => {
    expect(await endingOf(taking("(global.get $at)"), { invoke })).toEqual({ result: 2 });
  });

  test("that grows the memory under the host's views", async () => {
    const body = "(drop (memory.grow (i32.const 2))) (i32.const 131072)";
    expect(await endingOf(taking(body), { invoke })).toEqual({ result: 2 });
  });

  test.each([
    ["points behind the memory", "(i32.const 65536)"],
    ["points so that only the end is behind it", "(i32.const 65520)"],
    ["points at 2^32 - 8", "(i32.const -8)"],
    ["is not aligned", "(i32.const 65)"],
    ["traps", "unreachable"],
    ["divides by zero", "(i32.div_u (i32.const 1) (i32.const 0))"],
  ])("that %s is a trap", async (_, body) => {
    expect(await endingOf(taking(body), { invoke })).toMatchObject({ ended: "wasm_error" });
  });

  test("that throws something the guest might catch is a failure of the run", async () => {
    const wat = lifted(
      `(memory (export "mem") 1) (tag $t) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (throw $t))
       (func (export "f") (param i32 i32))`,
      '(param "s" string)',
      withRealloc,
    );
    expect(await endingOf(wat, { invoke: 'f("x")' })).toMatchObject({
      ended: expect.stringMatching(/wasm_error|build_error/),
    });
  });

  test("that calls the host again is a trap", async () => {
    const wat = `(component
      (import "wasi:cli/environment@0.2.0" (instance $e (export "get-arguments" (func (result (list string))))))
      (core module $libc (memory (export "mem") 1)) (core instance $libc (instantiate $libc))
      (core module $shim (table (export "t") 1 1 funcref)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call_indirect (param i32 i32 i32 i32) (result i32)
          (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0))))
      (core instance $shim (instantiate $shim))
      (core func $args (canon lower (func $e "get-arguments") (memory (core memory $libc "mem")) (realloc (core func $shim "realloc"))))
      (core module $m
        (import "" "args" (func $args (param i32))) (import "" "t" (table 1 1 funcref))
        (func $realloc (param i32 i32 i32 i32) (result i32) (call $args (i32.const 0)) (i32.const 64))
        (elem (i32.const 0) $realloc)
        (func (export "f") (call $args (i32.const 0))))
      (core instance $i (instantiate $m (with "" (instance (export "args" (func $args)) (export "t" (table $shim "t"))))))
      (func (export "f") (canon lift (core func $i "f"))))`;
    expect(await endingOf(wat)).toMatchObject({ ended: "wasm_error" });
  });
});

describe("lengths", () => {
  /** Returns a list of strings that all are the same bytes: small in memory, large as values. */
  const amplifier = (count: number, length: number) =>
    lifted(
      `(memory (export "mem") 40)
       (func (export "f") (result i32) (local $i i32)
         (i32.store (i32.const 0) (i32.const 1048576)) (i32.store (i32.const 4) (i32.const ${count}))
         (loop $l
           (i32.store (i32.add (i32.const 1048576) (i32.shl (local.get $i) (i32.const 3))) (i32.const 16))
           (i32.store (i32.add (i32.const 1048580) (i32.shl (local.get $i) (i32.const 3))) (i32.const ${length}))
           (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${count}))))
         (i32.const 0))`,
      "(result (list string))",
      withMemory,
    );

  test("60,000 strings that are the same megabyte: 60 GB of text", async () => {
    const policy = { compute: "HIGH", timeout: "60s" };
    const { ended, message } = await endingOf(amplifier(60_000, 1_000_000), { policy });
    expect(ended).toMatch(/wasm_error|out_of_memory/);
    expect(message).toMatch(/bytes|values/);
  });

  /** Bytes as pairs of pairs: many values, and no list among them. */
  const pairs = (levels: number) =>
    lifted(
      '(memory (export "mem") 16) (func (export "f") (result i32) (i32.const 0))',
      `(result $t${levels})`,
      withMemory,
    ).replace(
      "(component",
      `(component (type $t0 (tuple u8 u8)) ${Array.from({ length: levels }, (_, i) => `(type $t${i + 1} (tuple $t${i} $t${i}))`).join(" ")}`,
    );

  test("a million pairs of pairs", async () => {
    const { ended, message } = await endingOf(pairs(20));
    expect(ended).toBe("wasm_error");
    expect(message).toMatch(/values of more than/);
  });

  test("pairs of pairs that are few enough are a result", async () => {
    expect(await endingOf(pairs(1))).toEqual({
      result: [
        [0, 0],
        [0, 0],
      ],
    });
  });

  test("a linker without that bound would make them", async () => {
    const { component, modules } = decodeComponent(await fromText(amplifier(500, 100_000)));
    const link = (liftBytes: number) =>
      instantiate(component, {
        instantiateCore: (n, imports) =>
          new WebAssembly.Instance(new WebAssembly.Module(modules[n] as Uint8Array<ArrayBuffer>), imports),
        resolve: () => undefined,
        limits: { liftBytes },
      }).exports.get("f") as unknown as { call: () => string[] };
    expect(() => link(1_000_000).call()).toThrow(ComponentTrap);
    expect(link(1_000_000_000).call()).toHaveLength(500);
  });

  test.each([
    ["list u8", "(list u8)", "0xffffffff"],
    ["list u64", "(list u64)", "0x20000001"],
    ["string", "string", "0xffffffff"],
    ["list of pairs", "(list (tuple u64 u64))", "0x10000001"],
  ])("a %s whose length in bytes wraps around 2^32", async (_, type, length) => {
    const wat = lifted(
      `(memory (export "mem") 1) (func (export "f") (result i32) (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const ${length})) (i32.const 0))`,
      `(result ${type})`,
      withMemory,
    );
    expect(await endingOf(wat)).toMatchObject({ ended: "wasm_error" });
  });

  test("a result whose address is behind the memory, or not aligned", async () => {
    for (const at of ["65532", "-4", "2"])
      expect(
        await endingOf(
          lifted(
            `(memory (export "mem") 1) (func (export "f") (result i32) (i32.const ${at}))`,
            "(result string)",
            withMemory,
          ),
        ),
      ).toMatchObject({ ended: "wasm_error" });
  });

  test.each([
    ["list of 4 million", "(list u32)", 4_000_000],
    ["string of 20 MB", "string", 20_000_000],
  ])("a %s while exceptions fill the heap: a large allocation there would end the process", async (_, type, length) => {
    // The heap is full at some 220,000 of them; without the limit 200,000 and then a list of 4,190,000 ended the process.
    const wat = lifted(
      `(tag $e (param ${"i64 ".repeat(16)})) (table $kept 200000 exnref) (memory (export "mem") 320)
       (func (export "f") (result i32) (local $i i32)
         (loop $more
           (table.set $kept (local.get $i)
             (block $caught (result exnref) (try_table (catch_all_ref $caught) (throw $e ${"(i64.const -1) ".repeat(16)})) unreachable))
           (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200000))))
         (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const ${length})) (i32.const 0))`,
      `(result ${type})`,
      withMemory,
    );
    const ending = await endingOf(wat, { policy: { compute: "HIGH", ram: "64MB", timeout: "60s" } });
    expect(ending).toMatchObject({ ended: "wasm_error", message: expect.stringContaining("the limit is 4194304") });
  });

  test("text is written as JSON in slices that split no character", () => {
    for (const at of [65_534, 65_535, 65_536, 131_071]) {
      const text = `${"a".repeat(at)}👋\u0001"\\${"é👋".repeat(70_000)}`;
      expect(resultJson([text])).toBe(JSON.stringify([text]));
    }
    expect(resultJson("")).toBe('""');
  });

  test("three million numbers are a result", async () => {
    const wat = lifted(
      '(memory (export "mem") 200) (func (export "f") (result i32) (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 3000000)) (i32.const 0))',
      "(result (list u32))",
      withMemory,
    );
    const { error, resultText } = await run(wat, { policy: { ram: "64MB", timeout: "60s" } });
    expect(error).toBeNull();
    expect(resultText).toHaveLength(6_000_001);
  });

  test("200 MB of bytes, where the memory is that large", async () => {
    const wat = lifted(
      `(memory (export "mem") 3200) (func (export "f") (result i32) (i32.store (i32.const 4) (i32.const 200000000)) (i32.const 0))`,
      "(result (list u8))",
      withMemory,
    );
    const ending = await endingOf(wat, { policy: { ram: "256MB", compute: "HIGH" } });
    expect(ending).toMatchObject({ ended: expect.stringMatching(/wasm_error|out_of_memory|task_error/) });
  });

  test("a random number of 2^60 bytes is asked for", async () => {
    const wat = `(component
      (import "wasi:random/random@0.2.0" (instance $r (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
      (core module $libc (memory (export "mem") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
      (core instance $i (instantiate $libc))
      (core func $random (canon lower (func $r "get-random-bytes") ${withRealloc}))
      (core module $m (import "" "random" (func $random (param i64 i32))) (func (export "f") (call $random (i64.const 0x1000000000000000) (i32.const 0))))
      (core instance $m (instantiate $m (with "" (instance (export "random" (func $random))))))
      (func (export "f") (canon lift (core func $m "f"))))`;
    expect(await endingOf(wat)).toMatchObject({ ended: expect.stringMatching(/wasm_error|out_of_fuel|out_of_memory/) });
  });
});

describe("handles", () => {
  test("a billion of the guest's own", async () => {
    const wat = `(component (type $r (resource (rep i32))) (core func $new (canon resource.new $r))
      (core module $m (import "" "new" (func $new (param i32) (result i32))) (func (export "f") (loop $l (drop (call $new (i32.const 1))) (br $l))))
      (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
      (func (export "f") (canon lift (core func $i "f"))))`;
    const ending = await endingOf(wat, { policy: { compute: "50000000000", timeout: "60s" } });
    expect(ending).toMatchObject({ ended: "wasm_error", message: expect.stringMatching(/handles/) });
  });

  test("a billion of the host's", async () => {
    const wat = `(component
      (import "wasi:io/streams@0.2.0" (instance $s (export "output-stream" (type (sub resource)))))
      (alias export $s "output-stream" (type $stream))
      (import "wasi:cli/stdout@0.2.0" (instance $o (export "output-stream" (type (eq $stream))) (export "get-stdout" (func (result (own $stream))))))
      (core func $get (canon lower (func $o "get-stdout")))
      (core module $m (import "" "get" (func $get (result i32))) (func (export "f") (loop $l (drop (call $get)) (br $l))))
      (core instance $i (instantiate $m (with "" (instance (export "get" (func $get))))))
      (func (export "f") (canon lift (core func $i "f"))))`;
    const ending = await endingOf(wat, { policy: { compute: "50000000000", timeout: "60s" } });
    expect(ending).toMatchObject({ ended: expect.stringMatching(/wasm_error|out_of_fuel/) });
  });
});

describe("types that are not what the code is", () => {
  const lies: Record<string, string> = {
    "an i64 parameter where u32 is lifted": lifted('(func (export "f") (param i64))', '(param "v" u32)'),
    "a parameter where none is lifted": lifted('(func (export "f") (param i64))'),
    "an i64 result where u32 is lifted": lifted('(func (export "f") (result i64) i64.const 1)', "(result u32)"),
    "no result where one is lifted": lifted('(func (export "f"))', "(result u64)"),
    "two results where one is lifted": lifted(
      '(func (export "f") (result i32 i32) i32.const 1 i32.const 2)',
      "(result u32)",
    ),
    "an f64 where a string's address is": lifted(
      '(memory (export "mem") 1) (func (export "f") (result f64) f64.const nan)',
      "(result string)",
      withMemory,
    ),
    "a reference where a list's address is": lifted(
      '(memory (export "mem") 1) (func (export "f") (result externref) ref.null extern)',
      "(result string)",
      withMemory,
    ),
    "a realloc without parameters": lifted(
      '(memory (export "mem") 1) (func (export "realloc")) (func (export "f") (param i32 i32))',
      '(param "s" string)',
      withRealloc,
    ),
    "a realloc that answers i64": lifted(
      '(memory (export "mem") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i64) i64.const 8) (func (export "f") (param i32 i32))',
      '(param "s" string)',
      withRealloc,
    ),
    "a post-return that wants more": lifted(
      '(func (export "f") (result i32) i32.const 1) (func (export "post") (param i64 i64))',
      "(result u32)",
      '(post-return (core func $i "post"))',
    ),
    "a memory where a function is aliased": `(component (core module $m (memory (export "f") 1)) (core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))`,
    "a function where a memory is aliased": lifted(
      '(func (export "f") (result i32) i32.const 0) (func (export "mem"))',
      "(result string)",
      withMemory,
    ),
    "a memory of 64-bit addresses": lifted(
      '(memory (export "mem") i64 1) (func (export "f") (result i32) i32.const 0)',
      "(result string)",
      withMemory,
    ),
    "an import of another signature than what is lowered": `(component
      (import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))))
      (core func $random (canon lower (func $r "get-random-u64")))
      (core module $m (import "" "random" (func $random (param i32 i32) (result externref))) (func (export "f") (drop (call $random (i32.const 1) (i32.const 2)))))
      (core instance $m (instantiate $m (with "" (instance (export "random" (func $random))))))
      (func (export "f") (canon lift (core func $m "f"))))`,
    "a handle of the wrong type as a host's stream": `(component
      (import "wasi:io/streams@0.2.0" (instance $s (export "output-stream" (type (sub resource)))
        (export "[method]output-stream.check-write" (func (param "self" (borrow 0)) (result (result u64))))))
      (core func $check (canon lower (func $s "[method]output-stream.check-write")))
      (core module $m (func (export "f")))
      (core instance $m (instantiate $m))
      (func (export "f") (canon lift (core func $m "f"))))`,
    "a WASI function with a type of the guest's choosing": `(component
      (import "wasi:cli/environment@0.2.0" (instance $e (export "get-environment" (func (param "x" u64) (result u64)))))
      (core func $env (canon lower (func $e "get-environment")))
      (core module $m (import "" "env" (func $env (param i64) (result i64))) (func (export "f") (drop (call $env (i64.const 1)))))
      (core instance $m (instantiate $m (with "" (instance (export "env" (func $env))))))
      (func (export "f") (canon lift (core func $m "f"))))`,
  };

  test.each(Object.entries(lies))("%s", async (what, wat) => {
    const invoke = wat.includes('"s" string') ? 'f("text")' : wat.includes('"v" u32') ? "f(1)" : "f()";
    let bytes: Uint8Array;
    try {
      bytes = await fromText(wat);
    } catch (error) {
      throw new Error(`the text of "${what}" does not parse: ${String(error)}`);
    }
    const { error } = await host.runBytes(bytes, { invoke });
    // Where JavaScript's own conversions make a number of it, or nobody looks, the guest has only fooled itself.
    if (error !== null) expect(error.error_type, error.message).toMatch(/^(build_error|wasm_error|invalid_config)$/);
    else
      expect(what).toMatch(
        /none is lifted|wants more|without parameters|two results|where a .* address is|another signature/,
      );
  });
});
