/** Job: what is read of a module's exports, against what V8 knows of them, on small cases and on the specification's own modules. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseText } from "@capsule-run/instrument/text";
import { expect, test } from "vitest";
import { exportedSignatures } from "../../packages/host/src/engine/module/signatures.ts";
import { checkStructure } from "../../packages/host/src/engine/structure.ts";
import { unpacked } from "../support/shared.ts";

test("parameters and results, with imports of every kind before", async () => {
  const bytes = await parseText(`(module
    (import "a" "f" (func (param i32)))
    (import "a" "t" (table 1 2 funcref))
    (import "a" "m" (memory 1))
    (import "a" "g" (global i64))
    (import "a" "e" (tag (param i32)))
    (func $own (param i64 f32) (result f64 i32) unreachable)
    (func $reference (param externref) (result funcref v128) unreachable)
    (export "imported" (func 0))
    (export "own" (func $own))
    (export "reference" (func $reference))
    (export "table" (table 0)))`);
  expect(Object.fromEntries(exportedSignatures(bytes))).toEqual({
    imported: { parameters: ["i32"], results: [] },
    own: { parameters: ["i64", "f32"], results: ["f64", "i32"] },
    reference: { parameters: [null], results: [null, null] },
  });
});

test("names are bytes, not text: a byte order mark stays", async () => {
  const bytes = await parseText('(module (func (export "\\ef\\bb\\bfx")) (func (export "x")))');
  expect([...exportedSignatures(bytes).keys()]).toEqual(["\ufeffx", "x"]);
});

const folder = unpacked("spec/spec.tar.gz");
test.skipIf(folder === null)("the specification's modules", () => {
  let modules = 0;
  for (const file of readdirSync(folder!, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".wasm")) continue;
    const bytes = readFileSync(join(folder!, file));
    if (!WebAssembly.validate(bytes)) continue;
    modules += 1;
    const known = WebAssembly.Module.exports(new WebAssembly.Module(bytes)).filter(({ kind }) => kind === "function");
    expect([...exportedSignatures(bytes).keys()].sort(), file).toEqual(known.map((entry) => entry.name).sort());
    checkStructure(bytes, file);
  }
  expect(modules).toBeGreaterThan(100);
});
