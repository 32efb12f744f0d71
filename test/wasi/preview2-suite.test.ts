/**
 * Job: the official preview1 programs as components, made by the adapter that everybody's toolchain uses: decoder, linker and
 * the preview2 front, against the suite's own expectations.
 * Never: pass by absence without saying so.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";
import { describe, expect, test } from "vitest";
import { npmPackage } from "../../bench/support/packages.ts";
import { programs, run, suiteFolder } from "./suite.ts";

/** What the adapter cannot do; Wasmtime 50 answers the same to the same components. */
const adapterFails: Readonly<Record<string, string>> = {
  "assemblyscript/args_get-multiple-arguments": "an assertion of the adapter's on where arguments lie in memory",
  "assemblyscript/environ_get-multiple-variables": "an assertion of the adapter's on where variables lie in memory",
  "assemblyscript/fd_write-to-invalid-fd": "the errno of an invalid descriptor is another one",
  "assemblyscript/proc_exit-failure": "exit codes become 1: the adapter calls exit, not exit-with-code",
};

function readAdapter(): Uint8Array | string {
  try {
    return readFileSync(join(npmPackage("@bytecodealliance/jco", "1.35.0"), "lib/wasi_snapshot_preview1.command.wasm"));
  } catch (error) {
    return `the adapter of @bytecodealliance/jco cannot be had: ${error instanceof Error ? error.message : error}`;
  }
}

const folder = suiteFolder();
const adapter = folder === null ? "the official WASI suite is not on this machine (see suite.test.ts)" : readAdapter();

if (folder === null || typeof adapter === "string") {
  test.skip(`official suite as components: ${adapter}`, () => {});
  console.warn(`skipped: official suite as components: ${adapter}`);
} else {
  const component = (module: Uint8Array) => componentNew(module, [["wasi_snapshot_preview1", adapter]]);
  const all = programs(folder);

  describe("official suite as components", () => {
    const expected = all.filter(({ name }) => !(name in adapterFails));
    test.each(expected.map((program) => [program.name, program] as const))("%s", async (_, program) => {
      const outcome = await run(program, "directory", "preview1", component);
      expect(outcome, outcome.stderr).toMatchObject({ exitCode: program.exitCode });
      if (program.stdout !== null) expect(outcome.stdout).toBe(program.stdout);
    });
  });

  test.each(Object.entries(adapterFails))("the adapter still fails: %s", async (name) => {
    const program = all.find((program) => program.name === name)!;
    const outcome = await run(program, "directory", "preview1", component).catch(() => null);
    expect(outcome?.exitCode).not.toBe(program.exitCode);
  });
}
