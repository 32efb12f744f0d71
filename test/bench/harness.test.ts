/** Job: the benchmark harness starts, checks what it runs, and writes what it measured. Never: judge a time. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { kernelModule, readKernels } from "../../bench/support/kernels.ts";
import { pad } from "../../bench/support/pad.ts";
import { renderTable } from "../../bench/support/table.ts";

const main = resolve(import.meta.dirname, "../../bench/main.ts");
const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["--conditions=capsule-source", main, ...args]);
const kernel = (() => {
  try {
    return kernelModule(readKernels().find(({ name }) => name === "lcg")!);
  } catch (error) {
    console.warn(`SKIPPED: the C kernels cannot be built here: ${String(error).split("\n")[0]}`);
    return null;
  }
})();

test("a name that is no benchmark is an error that lists the names", async () => {
  await expect(bench("speed")).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/"speed".*overhead/s) });
});

test.skipIf(kernel === null)("a quick run prints a table, and writes it with --json", async () => {
  const folder = mkdtempSync(join(tmpdir(), "capsule-bench-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "out.json");
  const { stdout } = await bench("overhead", "--quick", "--only", "lcg", "--json", file);
  expect(stdout).toMatch(/\| lcg /);
  expect(stdout).toMatch(/Node v\d+.*load/);
  const { overhead } = JSON.parse(readFileSync(file, "utf8"));
  expect(overhead.data[0]).toMatchObject({ name: "lcg", fuel: expect.stringMatching(/^\d+$/) });
});

test.skipIf(kernel === null)("padding leaves a module valid and what it computes unchanged", () => {
  const run = (bytes: Uint8Array) =>
    (
      new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)).exports.run as (
        n: number,
      ) => number
    )(3);
  expect(run(pad(kernel!))).toBe(run(kernel!));
});

test("tables are Markdown, numbers to the right", () => {
  const table = {
    title: "T",
    columns: ["name", "ratio"],
    rows: [
      ["a", 1.234],
      ["b", null],
    ],
    notes: ["n"],
  };
  expect(renderTable(table)).toBe(
    "## T\n\n| name | ratio |\n| ---- | ----: |\n| a    |  1.23 |\n| b    |     – |\n\n- n\n",
  );
});
