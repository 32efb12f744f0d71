/** Job: programs as agents write them give the same JSON in a sandbox as with the machine's own Python. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { python } from "./support.ts";

const py = python();
const folder = join(import.meta.dirname, "../../fixtures/programs");
const programs = readdirSync(folder).filter((name) => name.endsWith(".py"));

/** A `capsule` whose task is the function itself, and the result as JSON. */
const harness = `
import json, runpy, sys, types
capsule = types.ModuleType("capsule")
capsule.task = lambda function=None, **options: function or (lambda function: function)
sys.modules["capsule"] = capsule
print(json.dumps(runpy.run_path(sys.argv[1])["main"](), ensure_ascii=False))
`;

test.for(programs)("%s", async (name, { skip }) => {
  const native = spawnSync("python3", ["-X", "utf8", "-c", harness, join(folder, name)], { encoding: "utf8" });
  if (native.error !== undefined) {
    console.warn(`SKIPPED: ${name}: there is no python3 on this machine to compare with`);
    skip();
  }
  expect(native.stderr).toBe("");
  const { envelope, error } = await py.run(readFileSync(join(folder, name), "utf8"));
  expect(error).toBe("");
  expect(envelope.resultText).toBe(native.stdout.trimEnd());
});
