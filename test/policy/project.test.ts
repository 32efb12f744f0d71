/** Job: capsule.toml and the project around it: where it is found, what it says, how its mistakes are named. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CapsuleError } from "../../packages/host/src/errors.ts";
import { loadProject, parseProject } from "../../packages/host/src/policy/index.ts";
import { folder, refusal } from "./support.ts";

const whole = `
[workflow]
name = "My AI Workflow"
version = "1.0.0"
entrypoint = "src/main.py"

[tasks]
default_compute = "LOW"
default_ram = "256MB"
default_timeout = "30s"
default_max_retries = 2
default_allowed_files = ["./out", { path = "./data", mode = "read-only" }]
default_allowed_hosts = ["api.example.com"]
default_env_variables = ["API_KEY"]

[limits]
compute = 9223372036854775807
ram = 1_073_741_824
allowed_hosts = ["*.example.com"]
total_compute = "HIGH"
live_ram = "8GB"
max_tasks = 50
max_live_tasks = 8
max_depth = 3
private_addresses = ["10.0.0.0/8", "::1"]
`;

test("a whole file", () => {
  const project = parseProject(whole, "capsule.toml");
  expect(project.workflow).toEqual({ name: "My AI Workflow", version: "1.0.0", entrypoint: "src/main.py" });
  expect(project.defaults).toMatchObject({
    fuel: 100_000_000n,
    memoryBytes: 256 * 1024 ** 2,
    timeoutMs: 30_000,
    maxRetries: 2,
    hosts: [{ pattern: "api.example.com", port: null }],
    env: ["API_KEY"],
  });
  expect(project.defaults.files!.map(({ path, mode }) => `${path} ${mode}`)).toEqual(["out rw", "data ro"]);
  expect(project.limits.task).toMatchObject({ fuel: 2n ** 63n - 1n, memoryBytes: 1024 ** 3 });
  expect(project.limits.run).toEqual({
    totalFuel: 50_000_000_000n,
    liveMemoryBytes: 8 * 1024 ** 3,
    tasks: 50,
    liveTasks: 8,
    depth: 3,
  });
  expect(project.limits.privateAddresses).toHaveLength(2);
});

describe("mistakes name file, line, key, value and what is allowed", () => {
  test.each([
    ['[tasks]\n\ndefault_ram = "lots"', /^c\.toml:3: \[tasks\]: default_ram is "lots"; it takes bytes or/],
    ["[tasks]\ndefault_compute = 0", /^c\.toml:2: \[tasks\]: default_compute is 0; it takes LOW/],
    ["[tasks]\ndefault_compute = 1.5", /default_compute is 1\.5; it takes LOW/],
    ["[tasks]\ncompute = 1", /^c\.toml:2: \[tasks\]: "compute" is no option here; did you mean "default_compute"\?/],
    ['[tasks]\ndefault_allowed_hosts = "*"', /default_allowed_hosts is "\*"; it takes a list of hosts/],
    ["[tasks]\ndefault_timeout = 1979-05-27", /default_timeout is "1979-05-27/],
    ["[limits]\n# x\nmax_dept = 3", /^c\.toml:3: \[limits\]: "max_dept" is no option here; did you mean "max_depth"\?/],
    ["[limits]\nmax_depth = 0", /max_depth is 0; it takes a whole number from 1 to 100/],
    [
      '[limits]\nprivate_addresses = ["10.0.0.1/8"]',
      /private_addresses\[0\] is "10\.0\.0\.1\/8"; it takes true, false/,
    ],
    ['[limits]\nprivate_addresses = "all"', /private_addresses is "all"; it takes true, false/],
    ["[limit]\nram = 1", /^c\.toml:1: "limit" is no option here; did you mean "limits"\?/],
    [`[ 'limit' ] # x\nram = 1`, /^c\.toml:1: "limit" is no option here; did you mean "limits"\?/],
    // A line of spaces is looked at once, not in every way to share them.
    [`x = '''\n[${" ".repeat(20_000)}x'''`, /^c\.toml: "x" is no option here/],
    ["limits = 3", /^c\.toml:1: limits is 3; it takes a table/],
    ["[[tasks]]\ndefault_ram = 1", /tasks is .*; it takes a table/],
    ['[workflow]\nname = ""', /^c\.toml:2: \[workflow\]: name is ""; it takes a text that is not empty/],
    ["[workflow]\nversion = 1.0", /version is 1; it takes a text/],
    ['[workflow]\nentrypoint = "../main.py"', /entrypoint is "\.\.\/main\.py"; it takes a file of the project/],
    ['[workflow]\nentrypoint = "/main.py"', /entrypoint is/],
    ["[workflow]\nauthor = 'x'", /"author" is no option here.*name, version, entrypoint/],
    ["[tasks]\nx = = 1", /^c\.toml:2:\d+: not valid TOML: /],
    ["[tasks]\ndefault_ram = 1\ndefault_ram = 2", /^c\.toml:3:\d+: not valid TOML: /],
  ])("%j", (text, message) => expect(refusal(() => parseProject(text, "c.toml"))).toMatch(message));

  test("both spellings of one limit in a file are refused", () =>
    expect(refusal(() => parseProject("[limits]\nmax_tasks = 1\nmaxTasks = 2", "c.toml"))).toContain("give it once"));
});

describe("finding", () => {
  test("upwards from a folder inside", () => {
    const root = folder({ "capsule.toml": '[workflow]\nname = "w"', "a/b/c": null, "a/.env": "X=1", ".env": "Y=2" });
    const project = loadProject(join(root, "a/b/c"));
    expect(project).toMatchObject({ root, file: join(root, "capsule.toml"), workflow: { name: "w" } });
    expect([...project.env]).toEqual([["Y", "2"]]);
  });
  test("without a file the folder is the project", () => {
    const root = folder({ ".env": "A=1" });
    expect(loadProject(root)).toMatchObject({ root, file: null, defaults: {}, workflow: { entrypoint: null } });
  });
  test("not in a folder above that everybody may write to, such as /tmp", () => {
    const root = folder({ "capsule.toml": '[workflow]\nname = "a stranger\'s"', "mine/x": "" });
    chmodSync(root, 0o1777);
    expect(loadProject(join(root, "mine"))).toMatchObject({ root: join(root, "mine"), file: null });
    expect(loadProject(root).file).not.toBeNull();
    chmodSync(root, 0o755);
    expect(loadProject(join(root, "mine")).file).not.toBeNull();
  });
  test("a directory of that name is no file", () => {
    const root = folder({ "capsule.toml/x": "" });
    expect(loadProject(root).file).toBeNull();
  });
  test("of several .env files the first that sets a name wins", () => {
    const root = folder({
      ".env": "A=env",
      ".env.local": "A=local\nB=local",
      ".env.development": "B=dev\nC=dev",
      ".env.production": "C=prod\nD=prod",
      ".env.other": "E=other",
    });
    expect(Object.fromEntries(loadProject(root).env)).toEqual({ A: "env", B: "local", C: "dev", D: "prod" });
  });
  test("mistakes name the path", () => {
    const root = folder({ "capsule.toml": "[tasks]\ndefault_ram = 'x'" });
    expect(refusal(() => loadProject(root))).toContain(`${join(root, "capsule.toml")}:2: [tasks]: default_ram`);
  });
  test("what is not UTF-8 is refused", () => {
    const root = folder({ "capsule.toml": "" });
    writeFileSync(join(root, "capsule.toml"), Uint8Array.of(0xff, 0xfe));
    expect(refusal(() => loadProject(root))).toContain("not UTF-8");
  });
});

test("any text is a project or invalid_config", () => {
  const word = fc.constantFrom(
    "[tasks]",
    "[limits]",
    "[workflow]",
    "default_ram",
    "ram",
    "max_depth",
    "=",
    "\n",
    '"x"',
    "1",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    "true",
    "'",
    "#",
    "1979-05-27",
    "inf",
  );
  const text = fc.oneof(
    fc.array(word).map((words) => words.join(" ")),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(text, (content) => {
      try {
        parseProject(content, "c.toml");
      } catch (error) {
        if (!(error instanceof CapsuleError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});
