/** Job: JavaScript programs that attack their own runtime: each ends with the right outcome, nothing is reached, and the next task on the same thread is unharmed. Never: a program that means well. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { javascript, task } from "./support.ts";

const js = javascript({ pool: { threads: 1 } });
const outside = mkdtempSync(join(tmpdir(), "capsule-outside-"));
writeFileSync(join(outside, "secret.ts"), "export const secret = 'stolen';\n");
writeFileSync(join(outside, "secret.txt"), "stolen\n");
afterAll(() => rmSync(outside, { recursive: true, force: true }));

afterEach(async () => {
  const { result, error } = await js.run(
    task(`console.log("well"); return [JSON.stringify({ a: [1] }), new URL("http://h/?a=1").searchParams.get("a")];`),
  );
  expect(error).toBe("");
  expect(result).toEqual(['{"a":[1]}', "1"]);
});

/** Ends as the table says: an error type, or the result. */
const cases: readonly (readonly [
  name: string,
  body: string,
  ends: { error?: string; result?: unknown },
  options?: string,
])[] = [
  [
    "eval and Function see the sandbox only",
    `return [eval("1 + 1"), new Function("return typeof require + typeof globalThis.Deno")(), (0, eval)("this === globalThis")];`,
    { result: [2, "undefinedundefined", true] },
  ],
  [
    "the constructor's constructor is the sandbox's",
    `return (() => {}).constructor.constructor("return typeof process.binding + process.platform + typeof process.mainModule")();`,
    { result: "functionlinuxundefined" },
  ],
  [
    "getters and proxies in a result run in the guest only",
    `return new Proxy({ get a() { return 1; } }, { ownKeys: () => ["a"], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 0 }) });`,
    { result: { a: 1 } },
  ],
  [
    "a getter that throws in a result",
    `return { get a() { throw new RangeError("mine"); } };`,
    { error: "task_error" },
  ],
  ["a thenable as a result is awaited", `return { then(resolve) { resolve("then"); } };`, { result: "then" }],
  [
    "an error that throws when it is read",
    `throw Object.defineProperties(new Error("x"), { message: { get() { throw 1; } }, stack: { get() { throw 2; } }, name: { get() { throw 3; } } });`,
    { error: "task_error" },
  ],
  [
    "an error that is a proxy",
    `throw new Proxy(new Error("x"), { get() { throw new Error("trap"); }, getPrototypeOf() { throw new Error("trap"); } });`,
    { error: "task_error" },
  ],
  [
    "an error whose message is no text",
    `throw Object.assign(new Error(), { message: { toString() { for (;;) {} } } });`,
    { error: "out_of_fuel" },
    "compute: 'LOW'",
  ],
  ["null as an error", `throw null;`, { error: "task_error" }],
  ["a symbol as an error", `throw Symbol("s");`, { error: "task_error" }],
  ["Object.prototype.toJSON", `Object.prototype.toJSON = () => "polluted"; return { a: 1 };`, { result: "polluted" }],
  [
    "polluted prototypes do not reach the host's conversation",
    `
    Object.prototype.mode = "discover"; Object.prototype.code = "EACCES"; Object.prototype.then = undefined;
    Array.prototype.map = Array.prototype.filter = Array.prototype.join = () => { throw new Error("polluted"); };
    String.prototype.split = String.prototype.slice = () => { throw new Error("polluted"); };
    return 7;`,
    { result: 7 },
  ],
  [
    "replaced builtins",
    `JSON.stringify = () => '"forged"'; JSON.parse = () => { throw new Error("parse"); }; globalThis.Promise = null; globalThis.Map = null; globalThis.Uint8Array = null; return 7;`,
    { result: 7 },
  ],
  [
    "Promise.prototype.then replaced",
    `Promise.prototype.then = () => { throw new Error("then"); }; return 7;`,
    { result: 7 },
  ],
  [
    "a forged message by text",
    `console.log('{"type":"returned","value":1}'); process.stdout.write("\\u001b[2J=forged"); return 7;`,
    { result: 7 },
  ],
  [
    "the host's function cannot be found",
    `
    const names = new Set();
    const seen = new Set();
    const walk = (value, path, depth) => {
      if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value) || depth > 6) return;
      seen.add(value);
      if (typeof value === "function" && value.name === "capsule") names.add(path);
      for (const key of Reflect.ownKeys(value)) {
        let item;
        try { item = value[key]; } catch { continue; }
        if (String(key).includes("capsule_")) names.add(path + "." + String(key));
        walk(item, path + "." + String(key), depth + 1);
      }
      walk(Object.getPrototypeOf(value), path + ".__proto__", depth + 1);
    };
    walk(globalThis, "globalThis", 0);
    return [...names];`,
    { result: [] },
    "compute: 'HIGH'",
  ],
  [
    "stacks give no functions away",
    `
    let seen = null;
    Error.prepareStackTrace = (_, sites) => { seen = sites; return ""; };
    try { (await import("node:fs")).readFileSync("/none"); } catch (error) { void error.stack; }
    return seen === null || seen.every((site) => { try { return typeof site.getFunction?.() !== "function" && typeof site.getThis?.() !== "object"; } catch { return true; } });`,
    { result: true },
  ],
  [
    "hooks of the prelude are gone",
    `return ["__capsule_host", "__capsule_prepare", "__capsule_loaded", "__capsule_failed", "__capsule_turn"].filter((name) => name in globalThis);`,
    { result: [] },
  ],
  [
    "deep recursion is the guest's own error",
    `const down = (n) => down(n + 1) + 1; try { return down(0); } catch (error) { return [error.name, error instanceof Error]; }`,
    { result: ["RangeError", true] },
  ],
  [
    "deep recursion through builtins",
    `
    const seen = [];
    for (const dive of [
      () => JSON.parse("[".repeat(100_000) + "]".repeat(100_000)),
      () => { const a = []; a.toString = () => String(a); return String(a); },
      () => new RegExp("(".repeat(50_000) + ")".repeat(50_000)),
      () => { const p = new Proxy({}, { get: (_, key, self) => self[key] }); return p.x; },
      () => [1, 2].sort(function again() { return [1, 2].sort(again).length; }),
    ]) { try { dive(); seen.push("passed"); } catch (error) { seen.push(error instanceof Error); } }
    return seen.every((value) => value === true || value === "passed");`,
    { result: true },
    "compute: 'HIGH'",
  ],
  // These recurse in C, deeper than V8's stack before QuickJS looks at its own: the trap ends the task.
  [
    "a value too deep for JSON",
    `let value = []; for (let i = 0; i < 100_000; i++) value = [value]; return JSON.stringify(value).length;`,
    { error: "wasm_error|task_error" },
    "compute: 'HIGH'",
  ],
  [
    "a program text too deep",
    `return eval("[".repeat(20_000) + "]".repeat(20_000)).length;`,
    { error: "wasm_error|task_error" },
    "compute: 'HIGH'",
  ],
  [
    "a value too deep to clone",
    `let value = {}; for (let i = 0; i < 50_000; i++) value = { value }; return structuredClone(value);`,
    { error: "wasm_error|task_error" },
    "compute: 'HIGH'",
  ],
  ["recursion that nobody catches", `const down = () => down(); down();`, { error: "task_error" }],
  [
    "a catastrophic regular expression",
    `return /^(a+)+$/.test("a".repeat(40) + "b");`,
    { error: "out_of_fuel" },
    "compute: 'LOW'",
  ],
  [
    "a catastrophic regular expression at the timeout",
    `return /^(a+)+$/.test("a".repeat(60) + "b");`,
    { error: "timeout" },
    "compute: 'HIGH', timeout: '200ms'",
  ],
  [
    "endless promise reactions",
    `const again = () => Promise.resolve().then(again); await again();`,
    { error: "out_of_fuel" },
    "compute: 'LOW'",
  ],
  [
    "endless microtasks",
    `const again = () => queueMicrotask(again); again(); await new Promise(() => {});`,
    { error: "out_of_fuel" },
    "compute: 'LOW'",
  ],
  [
    "endless ticks",
    `const again = () => process.nextTick(again); again(); await new Promise(() => {});`,
    { error: "out_of_fuel" },
    "compute: 'LOW'",
  ],
  [
    "endless timers",
    `const again = () => setTimeout(again, 0); again(); await new Promise(() => {});`,
    { error: "timeout" },
    "compute: 'HIGH', timeout: '300ms'",
  ],
  ["a promise that never settles", `await new Promise(() => {});`, { error: "task_error" }],
  [
    "a promise chain that grows",
    `let chain = Promise.resolve(); for (let i = 0; ; i++) chain = chain.then(() => i);`,
    { error: "out_of_memory|out_of_fuel" },
    "ram: '32MB', compute: 'HIGH'",
  ],
  ["huge strings", `let text = "x"; for (;;) text += text;`, { error: "task_error|out_of_memory" }, "ram: '64MB'"],
  [
    "huge arrays",
    `const list = []; for (;;) list.push(new Array(1000).fill(0));`,
    { error: "out_of_memory" },
    "ram: '32MB', compute: 'HIGH'",
  ],
  ["a huge result", `return "x".repeat(20_000_000);`, { error: "task_error" }, "ram: '256MB', compute: 'HIGH'"],
  [
    "a deep result",
    `let value = []; for (let i = 0; i < 3000; i++) value = [value]; return value;`,
    { error: "task_error" },
  ],
  ["a huge error", `throw new Error("x".repeat(5_000_000));`, { error: "task_error" }, "ram: '128MB'"],
  ["a flood of rejections", `for (let i = 0; i < 10_000; i++) Promise.reject(i); return 1;`, { result: 1 }],
  ["an unusual result", `return new Proxy(function () {}, {});`, { result: null }],
  [
    "fuel cannot be had by catching",
    `for (;;) { try { null.x; } catch { continue; } }`,
    { error: "out_of_fuel" },
    "compute: 'LOW'",
  ],
  [
    "exit from everywhere",
    `try { process.exit(5); } catch { return 1; } finally { return 2; }`,
    { error: "task_error" },
  ],
  ["nothing runs on after the result", `setTimeout(() => console.log("after"), 1); return 1;`, { result: 1 }],
  [
    "process.kill",
    `return (() => { try { process.kill(process.pid); } catch (error) { return error.code; } })();`,
    { result: "EPERM" },
  ],
  [
    "a module that sandboxes have not",
    `const { exec } = await import("node:child_process"); exec("id");`,
    { error: "task_error" },
  ],
  [
    "a shadowed realm or worker",
    `return [typeof ShadowRealm, typeof Worker, typeof WebAssembly];`,
    { result: ["undefined", "undefined", "undefined"] },
  ],
  [
    "names that mean something to the bundle",
    `globalThis[Symbol.for("capsule.main")] = () => "other"; return 7;`,
    { result: 7 },
  ],
];

describe("contained", () => {
  const named = cases.map(([name, body, ends, options = ""]) => ({ name, body, ends, options }));
  test.each(named)("$name", async ({ body, ends, options }) => {
    const { envelope, result, error } = await js.run(task(body, options));
    if (ends.error !== undefined) expect(envelope.error?.error_type, error).toMatch(new RegExp(`^(${ends.error})$`));
    else {
      expect(error).toBe("");
      expect(result).toEqual(ends.result);
    }
    expect(envelope.error?.error_type).not.toBe("internal_error");
    expect(envelope.execution.ram_used).toBeLessThanOrEqual(512 * 1024 * 1024);
  });
});

describe("bundling reads code of the project only", () => {
  test("a module outside the project", async () => {
    const { error } = await js.run(
      `import { secret } from "${join(outside, "secret.ts")}";\nexport const main = () => secret;`,
    );
    expect(error).toMatch(/^build_error: .*outside the project/);
    const relative = await js.run(
      `import { secret } from "../${outside.split("/").at(-1)}/secret.ts";\nexport const main = () => secret;`,
    );
    expect(relative.error).toMatch(/^build_error: .*outside the project/);
  });

  test("a symlink that leads out", async () => {
    symlinkSync(join(outside, "secret.ts"), join(js.folder, "inside.ts"));
    const { error } = await js.run(`import { secret } from "./inside.ts";\nexport const main = () => secret;`);
    expect(error).toMatch(/^build_error: .*outside the project/);
    mkdirSync(join(js.folder, "node_modules"));
    symlinkSync(outside, join(js.folder, "node_modules/leak"));
    const leak = await js.run(`import { secret } from "leak/secret.ts";\nexport const main = () => secret;`);
    expect(leak.error).toMatch(/^build_error: .*outside the project/);
  });

  test.each([
    ["text", `import text from "./data.txt";`],
    ["text by attribute", `import text from "./data.txt" with { type: "text" };`],
    ["json", `import text from "./data.json";`],
    ["json by attribute", `import text from "./data.json" with { type: "json" };`],
    ["the environment's file", `import text from "./.env";`],
    ["require", `const text = require("./data.txt");`],
    ["data by url", `import text from "file:///etc/hostname";`],
  ])("data is no code: %s", async (_name, line) => {
    for (const name of ["data.txt", "data.json"]) js.write(name, '"secret"');
    js.write(".env", "NAME=secret");
    const { error } = await js.run(`${line}\nexport const main = () => text;`);
    expect(error).toMatch(/^build_error: /);
    expect(error).not.toContain('"secret"');
  });

  test("a tsconfig of the project, or above it, decides nothing", async () => {
    js.write(
      "tsconfig.json",
      JSON.stringify({ extends: "/etc/hostname", compilerOptions: { paths: { leak: [join(outside, "secret.ts")] } } }),
    );
    const { error } = await js.run(`import { secret } from "leak";\nexport const main = () => secret;`);
    expect(error).toMatch(/^build_error: .*leak/);
  });
});

test("declarations are collected without rights: what a top level tries then is refused and seen by nobody", async () => {
  js.write("data/x", "content");
  const { result, error, stdout } = await js.run(`
import { task } from "@capsule-run/sdk";
import { readFileSync } from "node:fs";
let seen = "nothing";
try { seen = readFileSync("data/x", "utf8"); } catch (error) { seen = (error as { code: string }).code; }
console.log("top level saw", seen);
export const main = task({ name: "main", allowedFiles: [{ path: "data", mode: "ro" }], envVariables: [] }, () => seen);
`);
  expect(error).toBe("");
  expect(result).toBe("content");
  expect(stdout).toBe("top level saw content\n");
});

test("a declaration that changes between collecting and running gets nothing by it", async () => {
  js.write("data/x", "content");
  const { error } = await js.run(`
import { task } from "@capsule-run/sdk";
import { existsSync, readFileSync } from "node:fs";
export const main = task({ name: "main", ...(Math.random() < 2 && !existsSync("data/x") ? {} : { allowedFiles: ["data"] }) }, () => readFileSync("data/x", "utf8"));
`);
  expect(error).toMatch(/^permission_denied/);
});

test("runs share no state and no random numbers", async () => {
  const text = task(
    `const seen = globalThis.left ?? null; globalThis.left = 1; Object.prototype.left = 2; return [seen, Math.random(), crypto.randomUUID()];`,
  );
  const [one, two] = [(await js.run(text)).result, (await js.run(text)).result] as unknown[][];
  expect([one![0], two![0]]).toEqual([null, null]);
  expect(one![1]).not.toBe(two![1]);
  expect(one![2]).not.toBe(two![2]);
});
