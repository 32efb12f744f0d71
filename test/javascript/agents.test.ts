/** Job: fifteen programs such as agents write give the same JSON in a sandbox as under Node. Never: an expectation of our own. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixtures, javascript, underNode } from "./support.ts";

const js = javascript();
const programs = readdirSync(join(fixtures, "agents")).filter((name) => name.endsWith(".ts"));

test.each(programs)("%s", async (name) => {
  const [native, ran] = await Promise.all([
    underNode(`agents/${name}`, { call: "program", cwd: join(fixtures, "../..") }),
    js.runFile(`agents/${name}`),
  ]);
  expect(ran.error).toBe("");
  expect(ran.result).not.toBeNull();
  expect(JSON.parse(JSON.stringify(ran.result))).toEqual(native.result);
});
