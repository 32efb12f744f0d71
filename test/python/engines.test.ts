/** Job: which engines the Python tests of this run are about: both, or a word about the one that is not there. Never: build one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { expect, onTestFinished, test } from "vitest";
import { findFlavour } from "../../packages/host/src/engine/python/flavour.ts";
import { cacheFolder } from "../support/shared.ts";

/** `both` (as .ci/run has it): a run without the fast engine fails. Unset: it is skipped aloud. */
const wanted = process.env["CAPSULE_TEST_ENGINES"] ?? "";

test("the fast Python engine is here, and tested", ({ skip }) => {
  if (wanted === "both") return expect(findFlavour("fast").kind).toBe("fast");
  try {
    findFlavour("fast");
  } catch {
    console.warn(
      "SKIPPED: the fast Python engine is not built (npm run engine:python): Python is tested on npm's alone",
    );
    skip();
  }
});

test("the engine of these tests is the one that was asked for", () => {
  const asked = process.env["CAPSULE_PYTHON_ENGINE"];
  if (asked) expect(findFlavour(asked).kind).toBe(asked);
  else expect(["fast", "npm"]).toContain(findFlavour(undefined).kind);
});

test("a host takes the engine that its option names, whatever the environment says", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "capsule-engines-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, "main.py"), "import sys\ndef main(): return list(sys.version_info[:2])\n");
  const cache = { folder: join(cacheFolder(), "python") };
  await using npm = await Capsule.open({ python: "npm", pool: { threads: 1 }, cache });
  expect(await npm.run("main.py", { cwd })).toMatchObject({ error: null, result: [3, 12] });
  expect((await npm.run("main.py", { cwd })).execution.engine.version).toBe("3.12.0");
  if (findFlavour(undefined).kind === "fast") {
    await using fast = await Capsule.open({ python: "fast", pool: { threads: 1 }, cache });
    expect(await fast.run("main.py", { cwd })).toMatchObject({ error: null, result: [3, 13] });
  }
  // @ts-expect-error: not one of the two
  await expect(Capsule.open({ python: "pypy" })).rejects.toThrow(/^python is "pypy"; it takes "fast" or "npm"$/);
});
