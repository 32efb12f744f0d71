/** Job: JavaScript tasks that call tasks: synchronous and asynchronous, in both directions, side by side, three levels deep. Never: a clock. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { javascript } from "./support.ts";

const js = javascript({ pool: { threads: 6 }, limits: { private_addresses: ["127.0.0.1/32"] } });

/** Answers nobody before so many have come: proof that they were under way together. */
const together = 4;
let waiting: ServerResponse[] = [];
let server: Server;
let base = "";
beforeAll(async () => {
  server = createServer((_request, response) => {
    waiting.push(response);
    if (waiting.length < together) return;
    for (const held of waiting) held.end("together");
    waiting = [];
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const head = `import { task, type TaskEnvelope } from "@capsule-run/sdk";\n`;

test("a synchronous call gives an envelope, an asynchronous one a promise of one", async () => {
  const { result, error } = await js.run(`${head}
const plain = task({ name: "plain" }, (a: number, b = 1) => a + b);
const later = task({ name: "later" }, async (a: number) => { await null; return a * 2; });
export const main = task({ name: "main" }, async () => {
  const now = plain(1), promise = later(4);
  return [now.result, now.success, now.execution.engine.name, promise instanceof Promise, (await promise).result];
});`);
  expect(error).toBe("");
  expect(result).toEqual([2, true, "quickjs", true, 8]);
});

test("synchronous tasks call asynchronous ones and the other way, three levels deep", async () => {
  const { result, error } = await js.run(`${head}
const leaf = task({ name: "leaf" }, (x: number) => [x]);
const lateLeaf = task({ name: "lateLeaf" }, async (x: number) => [x, x]);
const inner = task({ name: "inner" }, async (x: number) => [leaf(x).result, (await lateLeaf(x)).result]);
const outer = task({ name: "outer" }, (x: number) => inner(x));
export const main = task({ name: "main" }, async () => [(outer as never as (x: number) => TaskEnvelope<unknown>)(1).result, (await inner(2)).result]);`);
  expect(error).toBe("");
  expect(result).toEqual([
    { success: true, result: [[1], [1, 1]], error: null, execution: expect.anything() },
    [[2], [2, 2]],
  ]);
});

test("Promise.all of tasks overlaps", async () => {
  const { result, error } = await js.run(
    `${head}
const child = task({ name: "child", allowedHosts: ["127.0.0.1"] }, async (base: string) => (await fetch(base)).text());
export const main = task({ name: "main" }, async (base: string) =>
  (await Promise.all(Array.from({ length: ${together} }, () => child(base)))).map(({ result }) => result));`,
    { args: [base] },
  );
  expect(error).toBe("");
  expect(result).toEqual(Array(together).fill("together"));
});

test("many more calls than the host holds at once are answered all", async () => {
  const { result, error } = await js.run(`${head}
const child = task({ name: "child", ram: "16MB" }, async (x: number) => x);
export const main = task({ name: "main" }, async () =>
  (await Promise.all(Array.from({ length: 100 }, (_, x) => child(x)))).map(({ result }) => result));`);
  expect(error).toBe("");
  expect(result).toEqual(Array.from({ length: 100 }, (_, x) => x));
});

test("failures of a task are in its envelope, and only there", async () => {
  const { result, error } = await js.run(`${head}
const bad = task({ name: "bad" }, () => { throw new TypeError("bad"); });
const late = task({ name: "late" }, async () => { throw "text"; });
const spins = task({ name: "spins", compute: 5_000_000 }, () => { for (;;) {} });
export const main = task({ name: "main" }, async () =>
  [bad(), await late(), spins()].map((envelope) => [envelope.success, envelope.result, envelope.error!.error_type, envelope.error!.message.split("\\n")[0]]));`);
  expect(error).toBe("");
  expect(result).toEqual([
    [false, null, "task_error", "TypeError: bad"],
    [false, null, "task_error", "text"],
    [false, null, "out_of_fuel", expect.stringContaining("5,000,000")],
  ]);
});

test("a call at the top level, of a task that is not declared, or with what JSON refuses, is an error that says so", async () => {
  const top = await js.run(`${head}const main = task({ name: "main" }, () => 1);\nmain();`);
  expect(top.error).toMatch(/the task "main" was called at the top level/);
  const { result } = await js.run(`${head}
const child = task({ name: "child" }, (x: unknown) => x as number);
const caught = (run: () => unknown) => { try { run(); return null; } catch (error) { return (error as Error).message; } };
export const main = task({ name: "main" }, async () => {
  const loop: Record<string, unknown> = {};
  loop["loop"] = loop;
  return [caught(() => child(1n)), caught(() => child(loop)), task({ name: "new" }, () => 1)().success];
});`);
  expect(result).toEqual([expect.stringContaining("BigInt"), expect.stringContaining("circular"), false]);
});

test("a result that JSON refuses is an error that says so; the rest follows JSON.stringify", async () => {
  expect((await js.run(`export const main = () => ({ a: 1n });`)).error).toMatch(
    /^task_error: TypeError: the result cannot be written as JSON/,
  );
  const { result } = await js.run(
    `export const main = () => ({ a: undefined, b: NaN, c: new Date(0), d: new Map([[1, 2]]), e: [undefined], f: -0, g: { toJSON: () => "own" } });`,
  );
  expect(result).toEqual({ b: null, c: "1970-01-01T00:00:00.000Z", d: {}, e: [null], f: 0, g: "own" });
});

test("errors show the user's own file, line and column, through imports and bundling", async () => {
  js.write(
    "lib/deep.ts",
    `interface Unused { a: 1 }\n\nexport function deep(): never {\n  throw new RangeError("deep");\n}\n`,
  );
  const { error } = await js.run(`import { deep } from "./lib/deep.ts";\nexport function main() {\n  deep();\n}\n`);
  expect(error).toContain("task_error: RangeError: deep");
  expect(error).toMatch(/at deep \(lib\/deep\.ts:4:\d+\)/);
  expect(error).toMatch(/at main \(main\.ts:3:\d+\)/);
});

test("an error names its cause, and a rejection that nobody handles ends the task", async () => {
  const { error } = await js.run(
    `export function main() { throw new Error("outer", { cause: new TypeError("inner") }); }`,
  );
  expect(error).toContain("Error: outer");
  expect(error).toContain("caused by TypeError: inner");
  const forgotten = await js.run(
    `export async function main() { void Promise.reject(new Error("forgotten")); await new Promise((resolve) => setTimeout(resolve, 5)); return 1; }`,
  );
  expect(forgotten.error).toContain("Error: forgotten");
});
