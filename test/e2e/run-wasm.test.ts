/** Job: `capsule run` on modules: results, arguments, input, limits, and how each ending looks from outside. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { capsule, project, root } from "./support/capsule.ts";
import { envelope } from "./support/envelope.ts";

const module = (name: string) => join(root, "fixtures/modules", `${name}.wat`);
const run = (name: string, ...flags: string[]) => capsule(["run", module(name), ...flags]);

describe("results", () => {
  test.concurrent.each([
    ["gcd", "gcd(1071, 462)", "21\n"],
    ["gcd", "gcd(9223372036854775807, 0)", "9223372036854775807\n"],
    ["gcd", "gcd(-1, 0x10)", "1\n"],
    ["gcd", "mean(1, 2.5)", "1.75\n"],
    ["gcd", "pair()", "[1,-2]\n"],
    ["gcd", "pair", "[1,-2]\n"],
    ["hoard", "hoard()", "8192\n"],
  ])("%s --invoke %s prints %j", async (name, invoke, printed) => {
    expect(await run(name, "--invoke", invoke)).toEqual({ code: 0, signal: null, stdout: printed, stderr: "" });
  });

  test("a WASI command prints as it runs, and its null result prints nothing", async () => {
    expect(await run("hello")).toEqual({ code: 0, signal: null, stdout: "Hello from WebAssembly!\n", stderr: "" });
  });

  test("with --json the envelope is alone on standard output, prints go to standard error", async () => {
    const end = await run("hello", "--json");
    expect(end.stderr).toBe("Hello from WebAssembly!\n");
    expect(envelope(end.stdout)).toMatchObject({ success: true, result: null, error: null });
  });

  test("fuel is exact, the same in every run", async () => {
    const used = await Promise.all(
      [1, 2].map(async () => envelope((await run("gcd", "--invoke", "gcd(12, 18)", "--json")).stdout).execution),
    );
    // 1 for the entry; 3 a test, 9 a round, 1 to give the result: three rounds, four tests.
    for (const { fuel_consumed } of used) expect(fuel_consumed).toBe(1 + 4 * 3 + 3 * 9 + 1);
  });
});

describe("what a program is given", () => {
  test("its arguments, also those that look like options, behind --", async () => {
    const end = await run("arguments", "one", "2", "", "--", "--json", "-x", "--");
    expect(end.stdout.split("\0").slice(1)).toEqual(["one", "2", "", "--json", "-x", "--", ""]);
  });

  test("standard input", async () => {
    const input = "line\n".repeat(50_000);
    expect((await capsule(["run", module("cat")], { stdin: input })).stdout).toBe(input);
  });

  test("nothing of the environment and no files, unless named", async () => {
    using folder = project({ "secret.txt": "s3cret" });
    const end = await capsule(["run", module("hello"), "--verbose"], { cwd: folder.path, env: { SECRET: "s3cret" } });
    expect(end.stderr).toMatch(/^ *files +none$/m);
    expect(end.stderr).toMatch(/^ *hosts +none$/m);
    expect(end.stderr).toMatch(/^ *env +none$/m);
    expect(end.stderr).not.toContain("s3cret");
  });
});

describe("limits", () => {
  const endings: readonly (readonly [name: string, flags: string, code: number, type: string])[] = [
    ["spin", "--compute 1000000", 125, "out_of_fuel"],
    ["spin", "--compute LOW", 125, "out_of_fuel"],
    ["spin", "--compute HIGH --timeout 300ms", 124, "timeout"],
    ["flood", "--compute 1000000", 125, "out_of_fuel"],
    ["grow", "--ram 2MB", 125, "out_of_memory"],
    ["trap", "", 1, "wasm_error"],
    ["exit", "", 1, "task_error"],
  ];
  test.concurrent.each(endings)("%s %s ends with code %i as %s", async (name, flags, code, type) => {
    const end = await run(name, ...flags.split(" ").filter(Boolean), "--json");
    expect(end.code).toBe(code);
    const { error, execution } = envelope(end.stdout);
    expect(error?.error_type).toBe(type);
    const budget = /--compute (\d+)/.exec(flags)?.[1];
    if (type === "out_of_fuel")
      expect(execution.fuel_consumed).toBe(budget === undefined ? 100_000_000 : Number(budget));
    if (type === "out_of_memory") expect(execution.ram_used).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  test("a person reads one sentence", async () => {
    const fuel = await run("spin", "--compute", "1000");
    expect(fuel).toMatchObject({ code: 125, stdout: "" });
    expect(fuel.stderr).toMatch(/^capsule: out_of_fuel: .*1,?000.*\n$/);
    expect((await run("exit")).stderr).toMatch(/^capsule: task_error: .*exit status 3.*\n$/);
    expect((await run("spin", "--compute", "HIGH", "--timeout", "200ms")).stderr).toMatch(
      /^capsule: timeout: .*200\s?ms.*\n$/,
    );
  });

  test("ram bounds a memory that only wants more, without harm", async () => {
    expect((await run("hoard", "--invoke", "hoard()", "--ram", "2MB")).stdout).toBe("32\n");
  });

  test("a memory that declares more than ram does not start", async () => {
    using folder = project({ "big.wat": '(module (memory 65536) (func (export "_start")))' });
    const end = await capsule(["run", "big.wat", "--ram", "64MB"], { cwd: folder.path });
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/^capsule: .*(4GB|4 GB).*\n$/);
  });

  test("a guest that catches its own exit ends all the same", async () => {
    expect((await run("stubborn", "--compute", "HIGH", "--timeout", "20s")).code).toBe(0);
  });
});

test("a module that wants what nobody gives is one sentence", async () => {
  using folder = project({ "needs.wat": '(module (import "env" "magic" (func)) (func (export "_start")))' });
  const end = await capsule(["run", "needs.wat"], { cwd: folder.path });
  expect(end.code).toBe(2);
  expect(end.stderr).toMatch(/^capsule: .*env.*magic.*\n$/);
});

test("what is prepared lies in the user's cache; a project gets nothing but its own .capsule", async () => {
  using folder = project({ "x.wat": '(module (func (export "f") (result i32) i32.const 1))' });
  using cache = project();
  const env = { XDG_CACHE_HOME: cache.path };
  for (const _ of [1, 2])
    expect((await capsule(["run", "x.wat", "--invoke", "f"], { cwd: folder.path, env })).stdout).toBe("1\n");
  expect(readdirSync(folder.path).filter((name) => name !== ".capsule")).toEqual(["x.wat"]);
  expect(readdirSync(cache.path)).toEqual(["capsule"]);
});
