/** Job: the layer check itself can fail. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

test("the sources follow the arrows of ARCHITECTURE.md", () => {
  const output = execFileSync(process.execPath, ["tools/check-layers.ts"], { encoding: "utf8" });
  expect(output).toContain("every import follows the arrows");
});
