/** Job: which engines the Python tests of this run are about: both, or a word about the one that is not there. Never: build one. */
import { expect, test } from "vitest";
import { findFlavour } from "../../packages/host/src/engine/python/flavour.ts";

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
