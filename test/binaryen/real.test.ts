/** Job: on programs of other people's making, the plain pass and the rewriter count the same to the unit. Never: compare with stored numbers. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { instrument } from "@capsule-run/instrument";
import { instrumentPlain } from "@capsule-run/instrument/binaryen";
import { expect, test } from "vitest";

const require = createRequire(import.meta.url);
const budget = 1n << 60n;

/** Imports that return zero: enough for QuickJS to start and evaluate. */
function zeros(module: WebAssembly.Module, fuel: WebAssembly.Global): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = { capsule: { fuel } };
  for (const { kind, module: from, name } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") continue;
    imports[from] ??= {};
    imports[from][name] = () => 0;
  }
  return imports;
}

/** What evaluating `source` in a fresh QuickJS costs, and its value. */
function evaluate(metered: Uint8Array, source: string): { value: string; consumed: bigint } {
  const module = new WebAssembly.Module(metered as Uint8Array<ArrayBuffer>);
  const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, budget);
  const { exports } = new WebAssembly.Instance(module, zeros(module, fuel));
  const call = exports as unknown as Record<string, (...args: number[]) => number>;
  const memory = () => new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  const write = (text: string) => {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const address = call.wasm_malloc!(bytes.length);
    memory().set(bytes, address);
    return address;
  };
  call._initialize!();
  call.qjs_init!();
  const value = call.qjs_eval!(write(source), source.length, write("test.js"), 0);
  const text = call.qjs_get_string!(value);
  return {
    value: new TextDecoder().decode(memory().slice(text, memory().indexOf(0, text))),
    consumed: budget - (fuel.value as bigint),
  };
}

test("QuickJS: the two meters agree", async () => {
  const bytes = readFileSync(require.resolve("quickjs-wasi/quickjs.wasm"));
  const source = readFileSync(`${import.meta.dirname}/../../fixtures/kernels/real/quickjs.js`, "utf8");
  const plain = evaluate((await instrumentPlain(bytes)).bytes, source);
  const fast = evaluate(instrument(bytes).bytes, source);
  expect(fast).toEqual(plain);
  expect(plain.value).toMatch(/^40,/);
  expect(plain.consumed).toBeGreaterThan(10_000_000n);
});
