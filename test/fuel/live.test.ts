/**
 * Job: run generated modules on Wasmtime itself, where the wheel is installed (CAPSULE_WASMTIME_PYTHON names a Python that
 * has it), and hold the oracle against it: results, fuel, and fuel at host calls. Never: be silent where there is none.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generate } from "../fuzz/generate.ts";
import { decode } from "../oracle/decode.ts";
import { oracleBits, runOracle } from "../oracle/run.ts";
import { cacheFolder } from "../support/shared.ts";

const candidates = [process.env["CAPSULE_WASMTIME_PYTHON"], join(cacheFolder(), "wasmtime/bin/python"), "python3"];
const hasWheel = (python: string) =>
  spawnSync(python, ["-c", "import importlib.metadata as m; assert m.version('wasmtime') == '50.0.1'"]).status === 0;
const python = candidates.find(
  (path) => path !== undefined && (path === "python3" || existsSync(path)) && hasWheel(path),
);
if (python === undefined)
  console.warn("SKIPPED: no Python with wasmtime 50.0.1 (pip install wasmtime==50.0.1; CAPSULE_WASMTIME_PYTHON)");

interface Answer {
  readonly start: number | null;
  readonly fuel: number | null;
  readonly values: readonly (string | number)[] | null;
  readonly trap?: string;
  readonly host: readonly (readonly [string, number])[];
}

const seeds = Array.from({ length: Number(process.env["CAPSULE_LIVE_MODULES"] ?? 150) }, (_, i) => 50_000 + i);

test.skipIf(python === undefined)("the oracle counts generated modules as Wasmtime does", () => {
  const asked = seeds.flatMap((seed) => {
    // Wasmtime has no legacy exceptions, and charges constant lengths of growths that fail.
    const bytes = generate(seed, { legacy: false, growth: false });
    const module = decode(bytes);
    const calls = module.exports.flatMap(({ name, kind, index }) => {
      if (kind !== "func") return [];
      const { parameters, results } = module.types[module.functions[index]!]!;
      const operands = parameters.map((_, i) => [7, 3, 12, 1][i % 4]!);
      const oracle = parameters.map((type, i) => operand(type, operands[i]!));
      const run = runOracle(module, 50_000);
      const full = run.start.kind === "returned" ? run.call(name, oracle) : run.start;
      return full.kind === "returned" ? [{ name, operands, results, start: run.start.consumed, full }] : [];
    });
    return [{ seed, bytes, calls }];
  });
  const input = asked.map(({ bytes, calls }) => ({
    wasm: Buffer.from(bytes).toString("base64"),
    calls: calls.map(({ name, operands }) => [name, operands]),
  }));
  const { stdout, stderr, status } = spawnSync(python!, [join(import.meta.dirname, "live.py")], {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  expect(status, stderr).toBe(0);
  const answers = JSON.parse(stdout) as readonly (readonly Answer[])[];
  const failures: string[] = [];
  for (const [i, { seed, calls }] of asked.entries())
    for (const [j, { name, start, full, results }] of calls.entries()) {
      if (full.kind !== "returned") continue;
      const { fuel, values, host, trap, start: theirStart } = answers[i]![j]!;
      const ours = {
        start,
        fuel: full.consumed,
        values: full.values.map((value, k) => oracleBits(results[k]!, value)),
        host: full.host,
      };
      const theirs = { start: theirStart, fuel, values, host };
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        failures.push(`${seed} ${name}: ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)} ${trap ?? ""}`);
    }
  expect(failures.slice(0, 10)).toEqual([]);
  expect(asked.flatMap(({ calls }) => calls).length).toBeGreaterThan(seeds.length);
});

function operand(type: string, value: number): number | bigint {
  if (type === "i32") return value;
  if (type === "i64") return BigInt(value);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigInt64(0);
}
