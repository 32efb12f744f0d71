/** Job: engines' modules are compiled for a short life without a trace in V8's flags, and runs of them are the same. */
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { expect, test } from "vitest";
import { compileEngine } from "../../packages/host/src/engine/compile.ts";

/** One function `f`, exported: `i32.const 7`, or the invalid `i64.const 7` for a result of type i32. */
const moduleOf = (constant: 0x41 | 0x42) =>
  Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 5, 1, 0x60, 0, 1, 0x7f],
    ...[3, 2, 1, 0],
    ...[7, 5, 1, 1, 0x66, 0, 0],
    ...[10, 6, 1, 4, 0, constant, 7, 0x0b],
  );

test.each([true, false])(
  "a module of an engine (brief: %s) runs, and the next module is validated whole",
  async (brief) => {
    const { exports } = new WebAssembly.Instance(await compileEngine(moduleOf(0x41), { brief }));
    expect((exports["f"] as () => number)()).toBe(7);
    expect(() => new WebAssembly.Module(moduleOf(0x42))).toThrow(WebAssembly.CompileError);
  },
);

test.each([
  ["main.py", "def main(): return sum(x * x for x in range(1000))"],
  ["main.mjs", 'export const main = () => Array.from({ length: 1000 }, (_, x) => x * x).join("").length;'],
])("a host for one run says of %s what any host says, to the unit of fuel", async (name, text) => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "capsule-brief-"));
  writeFileSync(join(folder.path, name), text);
  const said = async (brief: boolean) => {
    await using capsule = await Capsule.open({ brief });
    const { success, result, execution } = await capsule.run(name, { cwd: folder.path });
    return { success, result, fuel: execution.fuel_consumed };
  };
  const one = await said(true);
  expect(one.success).toBe(true);
  expect(await said(false)).toEqual(one);
});
