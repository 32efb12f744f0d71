/** Job: the official preview1 suite, whole, on a host directory and in memory. Never: pass by absence without saying so. */
import { describe, expect, test } from "vitest";
import { programs, run, suiteFolder } from "./suite.ts";

const folder = suiteFolder();

if (folder === null) {
  test.skip("official suite: not here; set CAPSULE_WASI_TESTSUITE to a checkout of WebAssembly/wasi-testsuite, branch prod/testsuite-base", () => {});
  console.warn(
    "skipped: the official WASI suite is not on this machine; set CAPSULE_WASI_TESTSUITE to a checkout of " +
      "github.com/WebAssembly/wasi-testsuite (branch prod/testsuite-base), or put it into ~/.cache/capsule-test/wasi-testsuite",
  );
} else {
  describe.each(["directory", "temporary"] as const)("official suite on a %s mount", (kind) => {
    test.each(programs(folder).map((program) => [program.name, program] as const))("%s", async (_, program) => {
      const outcome = await run(program, kind);
      expect(outcome, outcome.stderr).toMatchObject({ exitCode: program.exitCode });
      if (program.stdout !== null) expect(outcome.stdout).toBe(program.stdout);
    });
  });

  /** Rights of handles, which preview2 does not have. */
  const ofPreview1 = new Set(["rust/fd_fdstat_set_rights", "rust/truncation_rights"]);

  describe("official suite through preview2", () => {
    const portable = programs(folder).filter(({ name }) => !ofPreview1.has(name));
    test.each(portable.map((program) => [program.name, program] as const))("%s", async (_, program) => {
      const outcome = await run(program, "directory", "preview2");
      expect(outcome, outcome.stderr).toMatchObject({ exitCode: program.exitCode });
      if (program.stdout !== null) expect(outcome.stdout).toBe(program.stdout);
    });
  });

  test("the suite is the one that we know: 72 programs", () => {
    expect(programs(folder)).toHaveLength(72);
  });
}
