/** Job: `capsule build` and `capsule exec`: an artifact runs elsewhere under what it declares, and a changed one does not run. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeEmptyWheel } from "../../packages/host/src/engine/python/wheel.ts";
import { capsule, project } from "./support/capsule.ts";
import { envelope } from "./support/envelope.ts";

const python = `from capsule import task
import helper, package.part
LIMIT = "64MB"
@task(name="leaf", compute="LOW", ram=LIMIT, allowed_files=["./data"])
def leaf():
    import os
    return [helper.name(), package.part.name, sorted(os.listdir("data"))]
@task(name="main", timeout="30s")
def main(*args): return [leaf()["result"], list(args)]
`;

const pythonProject = {
  "src/main.py": python,
  "src/helper.py": "import second\ndef name(): return second.text",
  "src/second.py": "text = 'helper'",
  "src/package/__init__.py": "",
  "src/package/part.py": "name = 'part'",
  "src/unused.py": "UNUSED = 1",
  ".env": "SECRET=hidden",
  "data/at-home": "",
};

interface Manifest {
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Builds `file` of a project, gives the artifact's bytes. */
async function built(files: Record<string, string>, file: string): Promise<Buffer> {
  using folder = project(files);
  const end = await capsule(["build", file, "--export", "-o", "out.capsule"], { cwd: folder.path });
  expect(end).toMatchObject({ code: 0, stderr: "" });
  return readFileSync(join(folder.path, "out.capsule"));
}

/** The same artifact with other members of its manifest, and a hash that fits. */
function forged(artifact: Buffer, changes: (manifest: Manifest) => object, more = ""): Buffer {
  const body = artifact.subarray(artifact.indexOf(10, artifact.indexOf(10) + 1) + 1);
  const end = body.indexOf(10);
  const manifest = JSON.parse(body.toString("utf8", 0, end)) as Manifest;
  Object.assign(manifest, changes(manifest));
  const changed = Buffer.concat([
    Buffer.from(`${JSON.stringify(manifest)}\n`),
    body.subarray(end + 1),
    Buffer.from(more),
  ]);
  return Buffer.concat([
    Buffer.from(`capsule artifact 1\n${createHash("sha256").update(changed).digest("hex")}\n`),
    changed,
  ]);
}

describe("a Python program", () => {
  test("runs from its artifact alone in another project: modules, policies, arguments", async () => {
    const artifact = await built(pythonProject, "src/main.py");
    expect(artifact.includes("UNUSED")).toBe(false);
    expect(artifact.includes("hidden")).toBe(false);
    using elsewhere = project({ "a.capsule": artifact, "data/here": "" });
    const at = { cwd: elsewhere.path };
    expect((await capsule(["exec", "a.capsule", "x"], at)).stdout).toBe('[["helper", "part", ["here"]], ["x"]]\n');
    const verbose = await capsule(["exec", "a.capsule", "--verbose"], at);
    expect(verbose.stderr).toMatch(/policy +"leaf"\n +compute +LOW .*\n +ram +64MB/);
    expect(verbose.stderr).toMatch(/policy +"main"\n(.*\n){2} +timeout +30s/);
  });

  test("the same bytes from the same sources", async () => {
    const [one, two] = await Promise.all([built(pythonProject, "src/main.py"), built(pythonProject, "src/main.py")]);
    expect(one.equals(two)).toBe(true);
  });

  test("defaults and limits of its project go with it; those of the machine cut it down, and nothing widens it", async () => {
    const code = `from capsule import task
@task(name="main", ram="256MB")
def main(): return 1
`;
    const toml = '[tasks]\ndefault_timeout = "20s"\n[limits]\nram = "128MB"\nprivate_addresses = true\n';
    const artifact = await built({ "main.py": code, "capsule.toml": toml }, "main.py");
    expect(artifact.includes("private")).toBe(false);
    using elsewhere = project({
      "a.capsule": artifact,
      "capsule.toml": '[tasks]\ndefault_timeout = "9s"\n[limits]\ncompute = 50_000_000\n',
    });
    const policy = (await capsule(["exec", "a.capsule", "--verbose", "--timeout", "25s"], { cwd: elsewhere.path }))
      .stderr;
    expect(policy).toMatch(/compute +50,000,000 fuel\n +ram +128MB\n +timeout +20s\n/);
    expect(policy).not.toMatch(/private/);
    const cut = await capsule(["exec", "a.capsule", "--json", "--compute", "100"], { cwd: elsewhere.path });
    expect(cut.code).toBe(125);
    expect(envelope(cut.stdout).error?.error_type).toBe("out_of_fuel");
  });

  test("only what lies in the project is exported, whatever a link says", async () => {
    using folder = project({
      "in/main.py": "import helper\nimport stolen",
      "in/capsule.toml": "",
      "stolen.py": "STOLEN = 1",
    });
    const at = { cwd: join(folder.path, "in") };
    symlinkSync("../stolen.py", join(folder.path, "in/helper.py"));
    symlinkSync("../stolen.py", join(folder.path, "in/entry.py"));
    mkdirSync(join(folder.path, "in/stolen"));
    symlinkSync("../../stolen.py", join(folder.path, "in/stolen/__init__.py"));
    expect((await capsule(["build", "main.py", "--export"], at)).code).toBe(0);
    expect(readFileSync(join(folder.path, "in/main.capsule")).includes("STOLEN")).toBe(false);
    const refused = await capsule(["build", "entry.py", "--export"], at);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^capsule: ".*entry\.py" lies outside the project .*\n$/);
    expect(readdirSync(join(folder.path, "in"))).not.toContain("entry.capsule");
  });
});

test("a TypeScript program with its imports; an error shows the line of its source", async () => {
  const artifact = await built(
    {
      "main.ts": `import { task } from "@capsule-run/sdk";
import { twice } from "./lib/twice.ts";
export const main = task({ name: "main", timeout: "30s" }, (n: string) => twice(Number(n)));
`,
      "lib/twice.ts": `export function twice(n: number): number {
  if (n > 5) throw new RangeError("too many");
  return 2 * n;
}
`,
    },
    "main.ts",
  );
  using elsewhere = project({ "a.capsule": artifact });
  expect((await capsule(["exec", "a.capsule", "5"], { cwd: elsewhere.path })).stdout).toBe("10\n");
  const failed = await capsule(["exec", "a.capsule", "6"], { cwd: elsewhere.path });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/RangeError: too many\n.*lib\/twice\.ts:2/);
});

describe("a module", async () => {
  const artifact = await built(
    { "m.wat": '(module (func (export "f") (param i32) (result i32) (local.get 0)))' },
    "m.wat",
  );

  test("runs from its artifact", async () => {
    using elsewhere = project({ "a.capsule": artifact });
    const at = { cwd: elsewhere.path };
    expect((await capsule(["exec", "a.capsule", "--invoke", "f(7)"], at)).stdout).toBe("7\n");
    const traced = JSON.parse((await capsule(["trace", "--json"], at)).stdout) as { file: string; state: string }[];
    expect(traced).toMatchObject([{ file: "a.capsule", state: "completed" }]);
  });

  const path = (path: string) => (manifest: Manifest) => ({ entry: path, files: [{ ...manifest.files[0], path }] });
  const flipped = Buffer.from(artifact);
  flipped[flipped.length - 3]! ^= 1;
  const cases: Record<string, readonly [bytes: Buffer | string, sentence: RegExp]> = {
    "cut off in its head": [artifact.subarray(0, 30), /damaged artifact.*build it again/],
    "cut off in its files": [artifact.subarray(0, -1), /is damaged.*hash/],
    "with a bit flipped": [flipped, /is damaged.*hash/],
    "with something behind it": [Buffer.concat([artifact, Buffer.from("x")]), /is damaged.*hash/],
    "of a later format": [
      artifact.toString("latin1").replace("artifact 1", "artifact 2"),
      /format 2; this Capsule reads format 1/,
    ],
    "no artifact": ["hello", /is no artifact; capsule build FILE --export makes one/],
    empty: ["", /is no artifact/],
    "for an engine that is not here": [forged(artifact, () => ({ kind: "ruby" })), /no engine "ruby"/],
    "for a later engine": [
      forged(artifact, () => ({ engine: { name: "module", version: "99" } })),
      /built for "module 99", and this machine has "module 1": build it again/,
    ],
    "with a path that leaves it": [forged(artifact, path("../m.wat")), /is no path in a program/],
    "with an absolute path": [forged(artifact, path("/etc/m.wat")), /is no path in a program/],
    "with a file that it does not hold": [forged(artifact, () => ({ entry: "other.wat" })), /no file "other\.wat"/],
    "with a size that is wrong": [
      forged(artifact, (m) => ({ files: [{ ...m.files[0], size: 1e15 }] })),
      /is not whole/,
    ],
    "with more than its files": [forged(artifact, () => ({}), "more"), /more in it than its files/],
    "with an option that there is not": [forged(artifact, () => ({ defaults: { rights: "all" } })), /rights/],
    "without a manifest": [
      Buffer.from(`capsule artifact 1\n${createHash("sha256").update("[]\n").digest("hex")}\n[]\n`),
      /the manifest is no record/,
    ],
  };
  using folder = project();
  for (const [index, [bytes]] of Object.values(cases).entries())
    writeFileSync(join(folder.path, `${index}.capsule`), bytes, typeof bytes === "string" ? "latin1" : null);
  const ends = await Promise.all(
    Object.keys(cases).map((_, index) =>
      capsule(["exec", `${index}.capsule`, "--invoke", "f(7)"], { cwd: folder.path }),
    ),
  );

  test.each(Object.entries(cases))("an artifact %s: one sentence, exit code 2", (name, [, sentence]) => {
    const end = ends[Object.keys(cases).indexOf(name)]!;
    expect(end).toMatchObject({ code: 2, stdout: "" });
    expect(end.stderr).toMatch(/^capsule: .*\n$/);
    expect(end.stderr).toMatch(sentence);
  });

  test("grants of private addresses that somebody wrote into an artifact are none", async () => {
    using elsewhere = project({
      "a.capsule": forged(artifact, () => ({ limits: { private_addresses: true } })),
    });
    const end = await capsule(["exec", "a.capsule", "--invoke", "f(7)", "--verbose"], { cwd: elsewhere.path });
    expect(end.stdout).toBe("7\n");
    expect(end.stderr).not.toMatch(/private/);
  });
});

test("build alone prepares, says what it found, and writes nothing into the project", async () => {
  using folder = project({
    "main.py": 'from capsule import task\n@task(name="main")\ndef main(): pass',
    "capsule.toml": '[workflow]\nentrypoint = "main.py"',
  });
  const end = await capsule(["build"], { cwd: folder.path });
  expect(end).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/main\.py is ready on cpython \S+, task main\n$/),
  });
  expect(readdirSync(folder.path).sort()).toEqual(["capsule.toml", "main.py"]);
});

test.each([
  [["build", "main.py", "-o", "x"], /--output is where --export writes/],
  [["build", "main.py", "--export", "-o", "main.py"], /is the program itself/],
  [["build", "missing.py"], /no such file/],
  [["build", "wrong.py"], /ram is "lots"; it takes /],
  [["exec"], /ARTIFACT is missing/],
  [["exec", "main.py"], /capsule run main\.py runs it/],
  [["exec", "missing.capsule"], /"missing\.capsule": there is no such file/],
  [["exec", "."], /this is a folder; name an artifact/],
])("%j: one sentence, exit code 2", async (args, sentence) => {
  using folder = project({
    "main.py": "print(1)",
    "wrong.py": 'from capsule import task\n@task(name="main", ram="lots")\ndef main(): pass',
  });
  const end = await capsule(args, { cwd: folder.path });
  expect(end).toMatchObject({ code: 2, stdout: "" });
  expect(end.stderr).toMatch(/^capsule: .*\n$/);
  expect(end.stderr).toMatch(sentence);
});

test("build installs what requirements.txt names, and says what it is and what cannot be", async ({ skip }) => {
  if (spawnSync("python3", ["-m", "pip", "--version"]).status !== 0 && spawnSync("uv", ["--version"]).status !== 0) {
    console.warn("SKIPPED: requirements.txt: neither pip nor uv is on this machine");
    skip();
  }
  using folder = project({ "requirements.txt": "nothing\n", "main.py": "def main(): return 1\n" });
  // Where packages come from is the machine's own configuration.
  const env = Object.fromEntries(
    ["PIP", "UV"].flatMap((tool) => [[`${tool}_NO_INDEX`, "1"] as const, [`${tool}_FIND_LINKS`, folder.path] as const]),
  );
  const build = (...options: string[]) => capsule(["build", "main.py", ...options], { cwd: folder.path, env });
  const refused = await build();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/^capsule: requirements\.txt was not installed: .*nothing.*\n$/);
  writeEmptyWheel(folder.path, "nothing", "1.5");
  const said = "requirements.txt: 1 package installed: nothing 1.5\nmain.py is ready on cpython ";
  expect((await build()).stdout.startsWith(said)).toBe(true);
  const again = await build("--json");
  expect(JSON.parse(again.stdout)).toMatchObject({ file: "main.py", packages: ["nothing 1.5"] });
});

test("a program whose tasks cannot be collected is built, and says why it has none", async () => {
  using folder = project({ "main.py": "from capsule import task\nx = = 1\n@task\ndef main(): ...\n" });
  const end = await capsule(["build", "main.py"], { cwd: folder.path });
  expect(end).toMatchObject({ code: 0, stderr: "" });
  expect(end.stdout).toMatch(
    /To collect the tasks, the top level was run without rights, and it failed:\nSyntaxError: /,
  );
  const said = await capsule(["build", "main.py", "--json"], { cwd: folder.path });
  expect(JSON.parse(said.stdout)).toMatchObject({ tasks: [], incomplete: expect.stringContaining("SyntaxError") });
  const run = await capsule(["run", "main.py"], { cwd: folder.path });
  expect(run.stderr.match(/SyntaxError/g)).toHaveLength(1);
  expect(run.stderr).toMatch(/the top level was run without rights; it failed likewise\n$/);
});

test("an artifact in a program's place is sent to exec", async () => {
  using folder = project({ "main.capsule": "capsule artifact 1\n" });
  for (const verb of ["run", "inspect", "build"])
    expect((await capsule([verb, "main.capsule"], { cwd: folder.path })).stderr).toMatch(
      /main\.capsule" is an artifact: capsule exec runs it\n$/,
    );
});
