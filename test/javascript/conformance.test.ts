/** Job: what guest libraries give in a sandbox is what Node gives: every fixture of cases is run by both. Never: expectations of our own. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixtures, javascript, underNode } from "./support.ts";

const js = javascript();
const files = readdirSync(join(fixtures, "conformance")).filter((name) => name !== "cases.ts");

/** The prints of each case. */
function prints(stdout: string): Record<string, string> {
  const parts = stdout.split(/^### (.*)\n/m).slice(1);
  return Object.fromEntries(
    parts.flatMap((name, index) => (index % 2 === 0 ? [[name, (parts[index + 1] ?? "").trimEnd()]] : [])),
  );
}

/** Integers beyond 2^53 are bigints in the API, and numbers in JSON of Node's. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item) => (typeof item === "bigint" ? Number(item) : item)));

describe.each(files)("%s", (name) => {
  test("gives and prints the same as under Node", async () => {
    const [native, ran] = await Promise.all([underNode(`conformance/${name}`), js.runFile(`conformance/${name}`)]);
    expect(ran.error).toBe("");
    expect(plain(ran.result)).toEqual(native.result);
    expect(prints(ran.stdout)).toEqual(prints(native.stdout));
  });
});
