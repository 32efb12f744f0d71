/** Job: components that are commands: arguments, variables, streams, exit codes, and every way to end. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { componentHost, fromModule, fromText } from "./run-support.ts";
import { commandModule, commandWit } from "./run-worlds.ts";

const host = await componentHost();
const command = (body: string, more = "") => fromModule(commandModule(body, more), commandWit);

/** Everything that a list of strings at 16 (pointer, length) holds, each followed by a line feed. */
const printList = (stride: number) => `(local $at i32) (local $left i32)
  (local.set $at (i32.load (i32.const 16))) (local.set $left (i32.load (i32.const 20)))
  (loop $next (if (local.get $left) (then
    (call $print (i32.load (local.get $at)) (i32.load offset=4 (local.get $at)))
    (call $print (i32.const 3000) (i32.const 1))
    (local.set $at (i32.add (local.get $at) (i32.const ${stride})))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br $next))))`;
const lineFeed = '(data (i32.const 3000) "\\n")';

const printed = async (bytes: Uint8Array, options: Parameters<typeof host.runBytes>[1] = {}) => {
  const chunks: Uint8Array[] = [];
  const envelope = await host.runBytes(bytes, { ...options, stdout: (bytes) => void chunks.push(bytes) });
  return { envelope, text: Buffer.concat(chunks).toString() };
};

describe("a command", () => {
  test("gets its arguments, behind its own name", async () => {
    const bytes = await command(
      `(call $arguments (i32.const 16)) (call $list) (i32.const 0)`,
      `${lineFeed}
      (func $list ${printList(8)})`,
    );
    const { envelope, text } = await printed(bytes, { args: ["one", "zwei €", 3] });
    expect(envelope.error).toBeNull();
    expect(envelope.result).toBeNull();
    expect(text).toMatch(/^component-\d+\.wasm\none\nzwei €\n3\n$/);
  });

  test("sees the variables that it was granted and no others", async () => {
    const bytes = await command(
      `(call $environment (i32.const 16)) (call $list) (i32.const 0)`,
      `${lineFeed}
      (func $list ${printList(16)})`,
    );
    process.env["COMPONENT_TEST"] = "yes";
    expect((await printed(bytes)).text).toBe("");
    expect((await printed(bytes, { policy: { env_variables: ["COMPONENT_TEST"] } })).text).toBe("COMPONENT_TEST\n");
  });

  test("finds the folders that it was granted before the root that holds them", async () => {
    const bytes = await command(
      "(call $directories (i32.const 32)) (i32.store (i32.const 16) (i32.add (i32.load (i32.const 32)) (i32.const 4))) (i32.store (i32.const 20) (i32.load (i32.const 36))) (call $list) (i32.const 0)",
      `${lineFeed} (func $list ${printList(12)})`,
    );
    mkdirSync(join(host.folder, "b"), { recursive: true });
    mkdirSync(join(host.folder, "a/inner"), { recursive: true });
    const { text, envelope } = await printed(bytes, { policy: { allowed_files: ["./b", "./a/inner:ro"] } });
    expect(envelope.error).toBeNull();
    expect(text).toBe("/b\n/a/inner\n/\n");
    expect((await printed(bytes)).text).toBe("/\n");
  });

  test("reads standard input and prints as it goes", async () => {
    const bytes = await command(
      `(local $in i32)
       (local.set $in (call $stdin))
       (loop $more
         (call $read (local.get $in) (i64.const 4) (i32.const 16))
         (if (i32.eqz (i32.load8_u (i32.const 16))) (then
           (call $print (i32.load (i32.const 20)) (i32.load (i32.const 24)))
           (br $more))))
       (i32.const 0)`,
    );
    const { envelope, text } = await printed(bytes, { stdin: Buffer.from("from the host") });
    expect(envelope.error).toBeNull();
    expect(text).toBe("from the host");
  });
});

/** `part`: of the message; `more`: functions beside `run`. */
interface Ending {
  readonly body: string;
  readonly type: string | null;
  readonly part?: string;
  readonly more?: string;
}

describe("ends", () => {
  test.each<[string, Ending]>([
    ["ok", { body: "(i32.const 0)", type: null }],
    ["err", { body: "(i32.const 1)", type: "task_error", part: "exit status 1" }],
    ["exit(ok)", { body: "(call $exit (i32.const 0)) (unreachable)", type: null }],
    ["exit(err)", { body: "(call $exit (i32.const 1)) (unreachable)", type: "task_error", part: "exit status 1" }],
    [
      "exit-with-code",
      { body: "(call $exit-with-code (i32.const 42)) (unreachable)", type: "task_error", part: "exit status 42" },
    ],
    ["a trap", { body: "(unreachable)", type: "wasm_error", part: "unreachable" }],
    ["a result that is no bool", { body: "(i32.const 7)", type: "wasm_error", part: "7" }],
    [
      "a string that lies outside of memory",
      { body: "(call $print (i32.const 65530) (i32.const 100)) (i32.const 0)", type: "wasm_error", part: "memory" },
    ],
    [
      "a handle that is not there",
      {
        body: "(call $write (i32.const 99) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)",
        type: "wasm_error",
        part: "99",
      },
    ],
    ["a loop", { body: "(loop $again (br $again)) (i32.const 0)", type: "out_of_fuel", part: "10,000,000" }],
    [
      "a recursion without end",
      {
        body: "(call $deeper) (i32.const 0)",
        type: "wasm_error",
        part: "stack overflow",
        more: "(func $deeper (call $deeper) (call $deeper))",
      },
    ],
    [
      "memory that was refused",
      {
        body: "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)",
        type: "out_of_memory",
        part: "ram",
      },
    ],
  ])("%s", async (_, { body, type, part = "", more = "" }) => {
    const { error } = await host.runBytes(await command(body, more));
    expect(error?.error_type ?? null).toBe(type);
    expect(error?.message ?? "").toContain(part);
  });

  test("a loop, at its deadline", async () => {
    const bytes = await command("(loop $again (br $again)) (i32.const 0)");
    const envelope = await host.runBytes(bytes, { policy: { compute: "HIGH", timeout: "150ms" } });
    expect(envelope.error?.error_type).toBe("timeout");
  });

  test("an exit that the guest catches is one", async () => {
    const bytes = await command(
      "(block $caught (try_table (catch_all $caught) (call $exit-with-code (i32.const 3)))) (loop $on (br $on)) (i32.const 0)",
    );
    const envelope = await host.runBytes(bytes);
    expect(envelope.error).toMatchObject({ error_type: "task_error", message: "exit status 3" });
  });

  test("a trap of the border that the guest tries to catch ends it", async () => {
    const bytes = await command(
      "(block $caught (try_table (catch_all $caught) (call $print (i32.const 65530) (i32.const 100)))) (call $print (i32.const 0) (i32.const 1)) (i32.const 0)",
    );
    const { envelope, text } = await printed(bytes);
    expect(envelope.error?.error_type).toBe("wasm_error");
    expect(text).toBe("");
  });

  test("and the next run finds the host as it was", async () => {
    const bytes = await command("(i32.const 0)");
    const envelopes = await Promise.all(Array.from({ length: 6 }, () => host.runBytes(bytes)));
    expect(envelopes.map(({ error }) => error)).toEqual([null, null, null, null, null, null]);
    expect(new Set(envelopes.map(({ execution }) => execution.fuel_consumed)).size).toBe(1);
  });
});

describe("one counter", () => {
  /** Four core modules, each of which calls the one before. */
  const chain = `(component
    (core module $first (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core module $next (import "before" "f" (func $f (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "f") (param i32) (result i32) (call $f (local.get 0))))
    (core instance $a (instantiate $first))
    (core instance $b (instantiate $next (with "before" (instance $a))))
    (core instance $c (instantiate $next (with "before" (instance $b))))
    (core instance $d (instantiate $next (with "before" (instance $c))))
    (func (export "count") (param "x" u32) (result u32) (canon lift (core func $d "f"))))`;

  test("four core modules are counted together, to the unit", async () => {
    const envelope = await host.runBytes(await fromText(chain), { invoke: "count(41)" });
    expect(envelope.result).toBe(42);
    // The innermost: entry and three operators; three times: entry, local.get and call.
    expect(envelope.execution.fuel_consumed).toBe(4n + 3n * 3n);
    expect(envelope.execution.ram_used).toBe(3 * 65_536);
  });

  test("one unit less is out of fuel", async () => {
    const bytes = await fromText(chain);
    const run = (compute: number) => host.runBytes(bytes, { invoke: "count(41)", policy: { compute } });
    expect((await run(14)).error).toBeNull();
    expect((await run(12)).error?.error_type).toBe("out_of_fuel");
  });

  test("memories of all instances share the ram", async () => {
    const bytes = await fromText(chain);
    const run = (ram: string) => host.runBytes(bytes, { invoke: "count(41)", policy: { ram } });
    expect((await run("192KB")).error).toBeNull();
    expect((await run("191KB")).error).toMatchObject({
      error_type: "invalid_config",
      message: expect.stringContaining("needs at least 192KB"),
    });
  });

  test("two memories cannot grow to more than the ram together", async () => {
    const bytes = await fromText(`(component
      (core module $m (memory 1)
        (func (export "grow") (result i32)
          (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (memory.size)))
      (core instance $a (instantiate $m)) (core instance $b (instantiate $m))
      (func (export "a") (result u32) (canon lift (core func $a "grow")))
      (func (export "b") (result u32) (canon lift (core func $b "grow"))))`);
    const envelope = await host.runBytes(bytes, { invoke: "a", policy: { ram: "1MB" } });
    expect(envelope.result).toBe(8);
  });

  test("what crosses a border costs the call and no more, as elsewhere", async () => {
    const bytes = await command("(call $print (i32.const 0) (i32.const 50000)) (i32.const 0)");
    const short = await command("(call $print (i32.const 0) (i32.const 0)) (i32.const 0)");
    const [long, none] = await Promise.all([host.runBytes(bytes), host.runBytes(short)]);
    expect(long.execution.fuel_consumed).toBe(none.execution.fuel_consumed);
  });

  test("starting costs what SPEC.md says, for each instance", async () => {
    const bytes = await fromText(`(component
      (core module $m (func $start) (start $start) (func (export "f")))
      (core instance $a (instantiate $m)) (core instance $b (instantiate $m))
      (func (export "f") (canon lift (core func $a "f"))))`);
    const { execution } = await host.runBytes(bytes, { invoke: "f" });
    const inspection = await host.capsule.inspect(host.write("start.wasm", bytes), { cwd: host.folder });
    expect(inspection.component?.startFuel).toBe(2n * 2n);
    // Both start functions were entered, then "f".
    expect(execution.fuel_consumed).toBe(4n + 2n + 1n);
  });
});

describe("refused before it runs", () => {
  test.each([
    [
      "an interface that is not here",
      '(component (import "wasi:keyvalue/store@0.2.0" (instance (export "open" (func)))))',
      "build_error",
      /imports "wasi:keyvalue\/store@0\.2\.0": not given here; a component may import capsule:host, wasi:cli, /,
    ],
    [
      "another WASI",
      '(component (import "wasi:cli/environment@0.3.0" (instance (export "get-arguments" (func (result (list string)))))))',
      "build_error",
      /wasi:cli\/environment@0\.3\.0/,
    ],
    [
      "a function that the interface does not have",
      '(component (import "wasi:cli/environment@0.2.0" (instance (export "get-secrets" (func)))))',
      "build_error",
      /the function "get-secrets" of "wasi:cli\/environment@0\.2\.0"/,
    ],
    [
      "a function by itself",
      '(component (import "log" (func (param "x" string))))',
      "build_error",
      /the function "log"/,
    ],
    [
      "a component that serves",
      `(component (component $c (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func (export "handle") (canon lift (core func $i "f"))))
        (instance $s (instantiate $c)) (export "wasi:http/incoming-handler@0.2.0" (instance $s)))`,
      "invalid_config",
      /answers requests, and nothing here sends it any/,
    ],
    [
      "nothing at all",
      "(component)",
      "invalid_config",
      /exports neither wasi:cli\/run nor capsule:host\/task-runner.*no functions at all/,
    ],
    [
      "a core module that V8 refuses",
      "(component (core module (func (result i32) (i64.const 0))))",
      "build_error",
      /core module 0/,
    ],
  ])("%s", async (_, wat, type, message) => {
    const { error } = await host.runBytes(await fromText(wat));
    expect(error?.error_type).toBe(type);
    expect(error?.message).toMatch(message);
  });

  test("a damaged component says where", async () => {
    const bytes = (await fromText("(component (core module))")).slice();
    bytes[8] = 0x7f;
    const { error } = await host.runBytes(bytes);
    expect(error?.error_type).toBe("build_error");
    expect(error?.message).toMatch(/byte/);
  });

  test("a component of an older format says so", async () => {
    const bytes = (await fromText("(component)")).slice();
    bytes[4] = 0x0a;
    const { error } = await host.runBytes(bytes);
    expect(error).toMatchObject({
      error_type: "build_error",
      message: expect.stringMatching(/version 0x0a of layer 1 is not supported/),
    });
  });

  test("more memories than address space is for", async () => {
    const instances = Array.from({ length: 101 }, () => "(core instance (instantiate $m))").join("");
    const { error } = await host.runBytes(await fromText(`(component (core module $m (memory 0)) ${instances})`));
    expect(error).toMatchObject({ error_type: "build_error", message: expect.stringContaining("101 memories") });
  });

  test("instances without end", async () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) =>
        `(component $c${level + 1} (alias outer 1 $c${level} (component $c)) (instance (instantiate $c)) (instance (instantiate $c)))`,
    );
    const { error } = await host.runBytes(
      await fromText(`(component (component $c0 (core module $m) (core instance (instantiate $m))) ${levels.join("\n")}
        (instance (instantiate $c20)))`),
    );
    expect(error?.error_type).toBe("build_error");
    expect(error?.message).toMatch(/more than \d+/);
  });
});

test("interfaces in interfaces, which unfold to any number, are not followed", async () => {
  const levels = Array.from(
    { length: 40 },
    (_, level) => `(type $t${level + 1} (instance (alias outer 1 $t${level} (type $t))
      (export "a" (instance (type $t))) (export "b" (instance (type $t)))))`,
  );
  const bytes = await fromText(`(component (type $t0 (instance (export "f" (func)))) ${levels.join("\n")}
    (import "some:where/else" (instance (type $t40))))`);
  const path = host.write("unfolding.wasm", bytes);
  const { component } = await host.capsule.inspect(path, { cwd: host.folder });
  expect(component?.imports).toMatchObject([{ name: "some:where/else", given: false, functions: [], types: [] }]);
  expect((await host.runBytes(bytes)).error?.message).toContain('imports "some:where/else": not given here');
});

test("a start function without end ends with the fuel", async () => {
  const bytes = await fromText(`(component
    (core module $m (func $start (loop $again (br $again))) (start $start) (func (export "f")))
    (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))`);
  expect((await host.runBytes(bytes, { invoke: "f" })).error?.error_type).toBe("out_of_fuel");
});

test("handles are counted together, whatever instances hold them", async () => {
  const count = 30;
  const each = (line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join("\n");
  const bytes = await fromText(`(component
    (component $holder
      (type $r (resource (rep i32)))
      (core func $new (canon resource.new $r))
      (core module $m (import "" "new" (func $new (param i32) (result i32)))
        (func (export "fill") (param i32)
          (loop $more
            (drop (call $new (i32.const 1)))
            (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
      (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
      (func (export "fill") (param "n" u32) (canon lift (core func $i "fill"))))
    ${each((index) => `(instance $h${index} (instantiate $holder))`)}
    (component $all
      ${each((index) => `(import "f${index}" (func $f${index} (param "n" u32))) (core func $g${index} (canon lower (func $f${index})))`)}
      (core module $m ${each((index) => `(import "" "f${index}" (func $f${index} (param i32)))`)}
        (func (export "go") (param i32) ${each((index) => `(call $f${index} (local.get 0))`)}))
      (core instance $i (instantiate $m (with "" (instance ${each((index) => `(export "f${index}" (func $g${index}))`)}))))
      (func (export "go") (param "n" u32) (canon lift (core func $i "go"))))
    (instance $a (instantiate $all ${each((index) => `(with "f${index}" (func $h${index} "fill"))`)}))
    (export "go" (func $a "go")))`);
  const run = (invoke: string) => host.runBytes(bytes, { invoke, policy: { compute: "HIGH", timeout: "60s" } });
  expect((await run("go(10)")).error).toBeNull();
  for (const invoke of ["go(100001)", "go(99999)", "go(4000)"])
    expect((await run(invoke)).error).toMatchObject({
      error_type: "wasm_error",
      message: expect.stringContaining("handles"),
    });
  expect((await run("go(10)")).error).toBeNull();
});

test("no host call begins while exceptions fill half of the thread's own heap", async () => {
  const bytes = await command(
    `(local $i i32)
     (loop $more
       (table.set $kept (local.get $i)
         (block $caught (result exnref) (try_table (catch_all_ref $caught) (throw $e ${"(i64.const 81985529216486895) ".repeat(64)})) unreachable))
       (local.set $i (i32.add (local.get $i) (i32.const 1)))
       (br_if $more (i32.lt_u (local.get $i) (i32.const 45000))))
     (call $print (i32.const 0) (i32.const 1))
     (i32.const 0)`,
    `(tag $e (param ${"i64 ".repeat(64)})) (table $kept 200000 200000 exnref)`,
  );
  const { envelope, text } = await printed(bytes, { policy: { compute: "HIGH" } });
  expect(envelope.error).toMatchObject({
    error_type: "out_of_memory",
    message: expect.stringContaining("too many exceptions"),
  });
  expect(text).toBe("");
});

test("names of a component are never code", async () => {
  const hostile = [
    "'",
    '"',
    "`",
    "$" + "{globalThis.pwned=1}",
    "*/ globalThis.pwned=1 //",
    "\\u0027",
    "a\\nb",
    "__proto__",
    "constructor",
  ];
  const text = hostile.map((name) => name.replaceAll("\\", "\\\\").replaceAll('"', '\\"'));
  const bytes = await fromText(`(component
    (core module $m ${text.map((name, index) => `(func (export "${name}") (result i32) (i32.const ${index}))`).join("\n")})
    (core instance $i (instantiate $m))
    (core module $n ${text.map((name, index) => `(import "${name}" "${name}" (func $f${index} (result i32)))`).join("\n")}
      (func (export "sum") (result i32) ${text.reduce((sum, _, index) => `(i32.add ${sum} (call $f${index}))`, "(i32.const 0)")}))
    ${text.map((name, index) => `(core instance $x${index} (export "${name}" (func $i "${name}")))`).join("\n")}
    (core instance $j (instantiate $n ${text.map((name, index) => `(with "${name}" (instance $x${index}))`).join("\n")}))
    (func (export "sum") (result u32) (canon lift (core func $j "sum"))))`);
  const envelope = await host.runBytes(bytes, { invoke: "sum" });
  expect(envelope.error).toBeNull();
  expect(envelope.result).toBe(hostile.reduce((sum, _, index) => sum + index, 0));
  expect(globalThis).not.toHaveProperty("pwned");
});

test("nothing of a component reaches the counter", async () => {
  for (const name of ["fuel", "refused", "pages", "memory0"]) {
    const { error } = await host.runBytes(
      await fromText(`(component
        (core module $m (import "capsule" "${name}" (func)) (func (export "f")))
        (core module $p (func (export "${name}")))
        (core instance $p (instantiate $p))
        (core instance $i (instantiate $m (with "capsule" (instance $p))))
        (func (export "f") (canon lift (core func $i "f"))))`),
      { invoke: "f" },
    );
    expect(error).toMatchObject({ error_type: "build_error", message: expect.stringContaining("capsule") });
  }
});

test("an artifact of a component runs as the component does", async () => {
  const bytes = await command("(call $exit-with-code (i32.const 5)) (unreachable)");
  host.write("tool.wasm", bytes);
  const artifact = await host.capsule.export("tool.wasm", { cwd: host.folder });
  host.write("tool.capsule", artifact);
  const envelope = await host.capsule.exec("tool.capsule", { cwd: host.folder });
  expect(envelope.error?.message).toBe("exit status 5");
  expect(envelope.execution.engine.name).toBe("component");
});

test("what inspect says of a component", async () => {
  const path = host.write("inspected.wasm", await command("(i32.const 0)"));
  const { component, entry, module, minimumMemoryBytes } = await host.capsule.inspect(path, { cwd: host.folder });
  expect(module).toBeNull();
  expect(entry).toBe("main");
  expect(minimumMemoryBytes).toBe(65_536);
  expect(component?.runs).toBe("wasi:cli/run@0.2.0");
  expect(component?.imports.map(({ name, given }) => [name, given])).toContainEqual(["wasi:cli/exit@0.2.0", true]);
  expect(component?.exports).toMatchObject([
    { name: "wasi:cli/run@0.2.0", kind: "interface", functions: [{ name: "run", text: "func() -> result" }] },
  ]);
  expect(component?.modules[0]).toMatchObject({ instances: 1 });
  expect(component?.memories).toHaveLength(1);
});

test("a large component that is metered for the first time says so", async () => {
  const bytes = await fromText(`(component (core module (memory 2) (data (i32.const 0) "${"x".repeat(70_000)}")))`);
  const steps: string[] = [];
  const run = () =>
    host.runBytes(bytes, { onEvent: (event) => void (event.kind === "preparing" && steps.push(event.step)) });
  await run();
  await run();
  expect(steps).toEqual([expect.stringMatching(/^Metering "component-\d+\.wasm" \(once\)$/)]);
});
