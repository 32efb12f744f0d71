/** Job: `capsule instrument` end to end: what it writes runs, and stops; what it says is true; what it must not touch stays. */

import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, capsule, project, root } from "./support/capsule.ts";

const fixture = (name: string) => join(root, "fixtures/modules", name);

function instantiate(path: string, imports: WebAssembly.Imports = {}): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), imports).exports;
}
const call = (exported: unknown, ...args: unknown[]) => (exported as (...args: unknown[]) => unknown)(...args);

describe("the counter", () => {
  test("exported: the module carries its budget, counts down, and traps when it is spent", async () => {
    using folder = project();
    const out = join(folder.path, "gcd.wasm");
    const end = await capsule(["instrument", fixture("gcd.wat"), "-o", out, "--fuel", "100"]);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const exports = instantiate(out);
    const counter = exports["capsule:fuel"] as WebAssembly.Global<"i64">;
    expect(counter.value).toBe(100n);
    // 1 for the entry; 3 a test, 9 a round, 1 to give the result: gcd(12, 18) takes three rounds.
    expect(call(exports["gcd"], 12n, 18n)).toBe(6n);
    const used = 100n - counter.value;
    expect(used).toBe(1n + 4n * 3n + 3n * 9n + 1n);
    counter.value = used + 1n;
    expect(call(exports["gcd"], 12n, 18n)).toBe(6n);
    counter.value = used;
    expect(() => call(exports["gcd"], 12n, 18n)).toThrow(WebAssembly.RuntimeError);
    expect(counter.value).toBeLessThanOrEqual(0n);
  });

  test("imported: the host gives the counter", async () => {
    using folder = project();
    const out = join(folder.path, "gcd.wasm");
    expect(await capsule(["instrument", fixture("gcd.wat"), "-o", out])).toMatchObject({ code: 0, stderr: "" });
    const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 1000n);
    const exports = instantiate(out, { capsule: { fuel } });
    expect(call(exports["pair"])).toEqual([1, -2]);
    expect(fuel.value).toBe(1000n - 3n);
  });

  test("an endless loop ends", async () => {
    using folder = project();
    const out = join(folder.path, "spin.wasm");
    await capsule(["instrument", fixture("spin.wat"), "-o", out, "--fuel", "MEDIUM"]);
    const exports = instantiate(out);
    (exports["capsule:fuel"] as WebAssembly.Global<"i64">).value = 100_000n;
    expect(() => call(exports["_start"])).toThrow(WebAssembly.RuntimeError);
  });
});

test("--max-memory bounds what the module can grow to", async () => {
  using folder = project();
  const out = join(folder.path, "hoard.wasm");
  await capsule(["instrument", fixture("hoard.wat"), "-o", out, "--fuel", "1000000", "--max-memory", "1MB"]);
  expect(call(instantiate(out)["hoard"])).toBe(16);
});

test("--optimize makes the same results cheaper", async () => {
  using folder = project({
    "waste.wat": `(module (func (export "f") (param i32) (result i32)
      (drop (i32.mul (i32.const 3) (i32.const 4))) (i32.add (local.get 0) (i32.add (i32.const 1) (i32.const 1)))))`,
  });
  const used: bigint[] = [];
  for (const flags of [[], ["--optimize"]]) {
    const out = join(folder.path, "out.wasm");
    const end = await capsule(["instrument", "waste.wat", "-o", out, "--fuel", "1000", ...flags], { cwd: folder.path });
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const exports = instantiate(out);
    expect(call(exports["f"], 40)).toBe(42);
    used.push(1000n - (exports["capsule:fuel"] as WebAssembly.Global<"i64">).value);
  }
  expect(used[1]!).toBeLessThan(used[0]!);
});

describe("the report", () => {
  test("for a person: what was placed, what it costs", async () => {
    using folder = project();
    const end = await capsule(["instrument", fixture("gcd.wat"), "-o", "gcd.wasm", "--fuel", "5000"], {
      cwd: folder.path,
    });
    expect(end.stdout).toMatch(/gcd\.wat → gcd\.wasm\n/);
    for (const row of [
      /^ {2}functions +3( and \d+ added)?$/m,
      /^ {2}basic blocks +\d+$/m,
      /^ {2}checks +\d+ /m,
      /^ {2}start-up fuel +0$/m,
      /^ {2}size +\d+ bytes → \d+ bytes \(\+\d+ %\)$/m,
      /^ {2}counter +exported global "capsule:fuel", starts at 5,000$/m,
      /^ {2}time +[\d.]+ m?s$/m,
    ])
      expect(end.stdout).toMatch(row);
  });

  test("for a program: the same as JSON", async () => {
    using folder = project();
    const end = await capsule(["instrument", fixture("hoard.wat"), "-o", "out.wasm", "--max-memory", "1MB", "--json"], {
      cwd: folder.path,
    });
    const report = JSON.parse(end.stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      output: "out.wasm",
      start_fuel: "0",
      functions: 1,
      bytes_after: statSync(join(folder.path, "out.wasm")).size,
      memories: [{ minimum_pages: 1, maximum_pages: 16, memory64: false, imported: false }],
      global: "import",
      fuel: null,
      max_memory: 1048576,
      optimized: false,
    });
    for (const key of [
      "blocks",
      "decrements",
      "checks",
      "plain_decrements",
      "plain_checks",
      "bytes_before",
      "duration_ms",
    ])
      expect(report[key], key).toSatisfy(Number.isInteger);
  });
});

describe("files", () => {
  test("standard input to standard output; the report goes to standard error", async () => {
    const child = spawn(process.execPath, [bin, "instrument", "-", "-o", "-", "--fuel", "10"]);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stdin.end(readFileSync(fixture("gcd.wat")));
    let report = "";
    child.stderr.on("data", (chunk: Buffer) => {
      report += chunk;
    });
    expect(await new Promise((done) => child.on("close", done))).toBe(0);
    expect(WebAssembly.validate(Buffer.concat(chunks))).toBe(true);
    expect(report).toContain("standard input → standard output");
  });

  test("the input is not overwritten, not even through a link; a failure leaves an old output and no other file", async () => {
    using folder = project({
      "in.wat": readFileSync(fixture("gcd.wat")),
      "out.wasm": "old",
      "bad.wat": "(module (func i32.add))",
    });
    symlinkSync("in.wat", join(folder.path, "link.wat"));
    const through = await capsule(["instrument", "in.wat", "-o", "link.wat"], { cwd: folder.path });
    expect(through).toMatchObject({ code: 2, stdout: "" });
    expect((await capsule(["instrument", "bad.wat", "-o", "out.wasm"], { cwd: folder.path })).code).toBe(2);
    expect(readFileSync(join(folder.path, "out.wasm"), "utf8")).toBe("old");
    expect(readFileSync(join(folder.path, "in.wat"))).toEqual(readFileSync(fixture("gcd.wat")));
    expect(readdirSync(folder.path).sort()).toEqual(["bad.wat", "in.wat", "link.wat", "out.wasm"]);
  });

  test("an existing output is replaced as a whole", async () => {
    using folder = project({ "out.wasm": "old" });
    await capsule(["instrument", fixture("gcd.wat"), "-o", "out.wasm"], { cwd: folder.path });
    expect(WebAssembly.validate(readFileSync(join(folder.path, "out.wasm")))).toBe(true);
    expect(readdirSync(folder.path)).toEqual(["out.wasm"]);
  });
});

describe("a module that must be refused is one sentence with the place, within a moment", () => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const component = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
  const cases: Record<string, { bytes?: number[]; text?: string; says: RegExp }> = {
    "cut off": { bytes: [...header, 1, 5, 1, 0x60], says: /at byte \d+/ },
    "an empty file": { bytes: [], says: /at byte 0/ },
    "wrong order of sections": { bytes: [...header, 3, 1, 0, 1, 1, 0], says: /at byte \d+/ },
    "an absurd LEB128 length": { bytes: [...header, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], says: /at byte \d+/ },
    "a section of 4 GB": { bytes: [...header, 1, 0xff, 0xff, 0xff, 0xff, 0x0f], says: /at byte \d+/ },
    "4 GB of functions": { bytes: [...header, 3, 5, 0xff, 0xff, 0xff, 0xff, 0x0f], says: /at byte \d+/ },
    "an unknown opcode": {
      bytes: [...header, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0xff, 0x0b],
      says: /at byte \d+/,
    },
    "the counter's name imported": {
      text: '(module (import "capsule" "fuel" (global (mut i64))))',
      says: /capsule/,
    },
    "the counter's name exported": {
      text: '(module (global $g (export "capsule:fuel") (mut i64) (i64.const 5)))',
      says: /capsule:fuel/,
    },
    "shared memory": { text: "(module (memory 1 1 shared))", says: /shared|thread|at byte|line 1/ },
    "a component": { bytes: component, says: /component/ },
  };
  test.each(Object.entries(cases))("%s", async (_, { bytes, text, says }) => {
    using folder = project({ "in.wasm": Uint8Array.from(bytes ?? []), "in.wat": text ?? "" });
    const end = await capsule(["instrument", text === undefined ? "in.wasm" : "in.wat", "-o", "out.wasm"], {
      cwd: folder.path,
    });
    expect(end.stderr).toMatch(/^capsule: .*\n$/);
    expect(end.stderr).toMatch(says);
    expect(end.stdout).toBe("");
    expect(end.code).toBe(2);
    expect(readdirSync(folder.path).sort()).toEqual(["in.wasm", "in.wat"]);
  });

  test("a metered module is not metered again", async () => {
    using folder = project();
    await capsule(["instrument", fixture("gcd.wat"), "-o", "once.wasm"], { cwd: folder.path });
    const again = await capsule(["instrument", "once.wasm", "-o", "twice.wasm"], { cwd: folder.path });
    expect(again.stderr).toMatch(/^capsule: .*metered before.*\n$/);
    expect(again.code).toBe(2);
  });
});

describe("components", () => {
  /** Two core modules on one counter, as bytes. */
  async function flatComponent(): Promise<Uint8Array> {
    const { components } = await import("../fuzz/components.ts");
    return (await components()).flat;
  }

  test("every core module is metered, and the report has a row for each", async () => {
    using folder = project();
    const [input, out] = [join(folder.path, "in.wasm"), join(folder.path, "out.wasm")];
    writeFileSync(input, await flatComponent());
    const end = await capsule(["instrument", input, "-o", out, "--fuel", "1000", "--json"]);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toMatchObject({
      functions: 4,
      start_fuel: "0",
      fuel: "1000",
      global: "export",
      counters: 1,
      modules: [{ functions: 1 }, { functions: 3 }],
      bytes_after: statSync(out).size,
    });
    const text = await capsule(["instrument", input, "-o", out, "--fuel", "1000"]);
    expect(text.stdout).toMatch(/core modules +2 \(.* bytes, .* bytes\)/);
    expect(text.stdout).toContain("capsule:fuel/counter");
  });

  test("says what a component cannot have", async () => {
    using folder = project();
    const [input, out] = [join(folder.path, "in.wasm"), join(folder.path, "out.wasm")];
    writeFileSync(input, await flatComponent());
    const refused = async (...flags: string[]) => (await capsule(["instrument", input, "-o", out, ...flags])).stderr;
    expect(await refused()).toContain("--fuel N");
    expect(await refused("--fuel", "1000", "--global", "import")).toContain("--global");
    expect(await refused("--fuel", "1000", "--optimize")).toContain("--optimize is for modules");
    writeFileSync(join(folder.path, "in.wat"), ";; text\n(component)");
    const text = await capsule(["instrument", join(folder.path, "in.wat"), "-o", out, "--fuel", "1000"]);
    expect(text).toMatchObject({ code: 2, stderr: expect.stringContaining("wasm-tools parse") });
    expect(readdirSync(folder.path)).not.toContain("out.wasm");
  });
});
