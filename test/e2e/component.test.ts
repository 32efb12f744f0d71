/** Job: components on the command line, as a person runs, calls, looks at, builds and traces them. */
import { expect, test } from "vitest";
import { fromModule, fromText } from "../component/run-support.ts";
import { commandModule, commandWit } from "../component/run-worlds.ts";
import { capsule, project } from "./support/capsule.ts";
import { envelope as envelopeOf } from "./support/envelope.ts";

/** Prints its standard input, and leaves with the number of its arguments. */
const tool = await fromModule(
  commandModule(`(local $in i32)
    (local.set $in (call $stdin))
    (loop $more
      (call $read (local.get $in) (i64.const 100) (i32.const 16))
      (if (i32.eqz (i32.load8_u (i32.const 16))) (then
        (call $print (i32.load (i32.const 20)) (i32.load (i32.const 24)))
        (br $more))))
    (call $arguments (i32.const 32))
    (call $exit-with-code (i32.sub (i32.load (i32.const 36)) (i32.const 1)))
    (unreachable)`),
  commandWit,
);
const spin = await fromModule(commandModule("(loop $again (br $again)) (i32.const 0)"), commandWit);
const math = await fromText(`(component
  (type $point' (record (field "x" s32) (field "y" s32))) (export $point "point" (type $point'))
  (core module $m (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (func (export "sum") (param "of" $point) (result s32) (canon lift (core func $i "sum"))))`);

test("a command: its prints, its input, its exit status", async () => {
  using folder = project({ "tool.wasm": tool });
  const fine = await capsule(["run", "tool.wasm"], { cwd: folder.path, stdin: "hello\n" });
  expect(fine).toMatchObject({ code: 0, stdout: "hello\n", stderr: "" });
  const failed = await capsule(["run", "tool.wasm", "--", "--one", "two"], { cwd: folder.path });
  expect(failed).toMatchObject({ code: 1, stdout: "", stderr: "capsule: task_error: exit status 2\n" });
});

test("a call of an export, in WAVE; the result is JSON", async () => {
  using folder = project({ "math.wasm": math });
  const run = (...args: string[]) => capsule(["run", "math.wasm", ...args], { cwd: folder.path });
  expect(await run("--invoke", "sum({x: 3, y: -5})")).toMatchObject({ code: 0, stdout: "-2\n", stderr: "" });
  const envelope = envelopeOf((await run("--invoke", "sum({x: 3, y: 4})", "--json")).stdout);
  expect(envelope).toMatchObject({
    success: true,
    result: 7,
    execution: { task_name: "sum", engine: { name: "component" } },
  });
  expect(await run("--invoke", "sum({x: 3})")).toMatchObject({
    code: 2,
    stderr: 'capsule: invalid_config: argument of of sum: there is "{x: 3}" where the field y: s32 is wanted\n',
  });
  expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining("call a function with --invoke") });
});

test("limits end it, each with its exit code", async () => {
  using folder = project({ "spin.wasm": spin });
  const run = (...args: string[]) => capsule(["run", "spin.wasm", ...args], { cwd: folder.path });
  expect((await run("--compute", "1000000")).code).toBe(125);
  expect((await run("--compute", "HIGH", "--timeout", "200ms")).code).toBe(124);
  expect(await run("--ram", "64KB", "--compute", "1000")).toMatchObject({ code: 125 });
});

test("inspect shows its world, what metering costs, what it would need", async () => {
  using folder = project({ "tool.wasm": tool, "math.wasm": math });
  const { stdout, code } = await capsule(["inspect", "tool.wasm"], { cwd: folder.path });
  expect(code).toBe(0);
  for (const part of [
    "engine     component 1",
    "runs       wasi:cli/run@0.2.0",
    "    run: func() -> result",
    "    get-arguments: func() -> list<string>",
    "    [method]input-stream.blocking-read: func(self: borrow<input-stream>, len: u64)",
    "core modules  3, instances of them: 3",
    "variables of the environment, if it shall see any: --env NAME (it imports wasi:cli/environment@0.2.0)",
  ])
    expect(stdout).toContain(part);
  const library = await capsule(["inspect", "math.wasm"], { cwd: folder.path });
  expect(library.stdout).toContain("nothing by itself; name an export with --invoke");
  expect(library.stdout).toContain("sum: func(of: point) -> s32");
  const json = JSON.parse((await capsule(["inspect", "math.wasm", "--json"], { cwd: folder.path })).stdout) as {
    component: unknown;
  };
  expect(json.component).toMatchObject({
    runs: null,
    imports: [],
    exports: [
      { kind: "type", name: "point", text: "record { x: s32, y: s32 }" },
      { kind: "function", name: "sum", text: "func(of: point) -> s32" },
    ],
    startFuel: 0,
  });
});

test("built, exported, executed and traced as any program", async () => {
  using folder = project({ "tool.wasm": tool, "capsule.toml": "" });
  const run = (...args: string[]) => capsule(args, { cwd: folder.path, stdin: "again\n" });
  expect((await run("build", "tool.wasm", "--export")).code).toBe(0);
  expect(await run("exec", "tool.capsule")).toMatchObject({ code: 0, stdout: "again\n" });
  const { stdout } = await run("trace");
  expect(stdout).toMatch(/main\s/);
  expect(stdout).toMatch(/completed/);
});
