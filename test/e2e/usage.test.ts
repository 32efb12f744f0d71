/** Job: what the command says when it is called wrongly: one sentence, exit code 2, no stack trace. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, capsule, project } from "./support/capsule.ts";

const files = {
  "module.wat": '(module (func (export "f") (result i32) i32.const 7))',
  "broken.wat": "(module (func (result i32)))",
  "broken.wasm": Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0xff),
  "text.wasm": "hello",
  "hello.rb": "puts 1",
  "args.json": "[1, 2",
  "digits.json": `[${"9".repeat(20_000)}]`,
  "latin1.json": Uint8Array.of(0x5b, 0x22, 0xe9, 0x22, 0x5d),
  "object.json": '{"a": 1}',
  "folder/empty.txt": "",
  "folder.py/empty.txt": "",
};

const mistakes: readonly (readonly [args: string, sentence: RegExp])[] = [
  ["", /no command; the commands are run, .*instrument/],
  ["rum x", /no command "rum"; did you mean capsule run\?/],
  ["help", /no command "help"; did you mean capsule --help\?/],
  ["frobnicate", /no command "frobnicate"; the commands are run, .*; see capsule --help/],
  ["module.wat", /no command "module\.wat"; did you mean capsule run module\.wat\?/],
  ["run module.wat --jsn", /unknown option --jsn; did you mean --json\?/],
  ["run module.wat --name=x", /unknown option --name; .* behind --/],
  ["run module.wat -q", /unknown option -q/],
  ["run module.wat --ram", /option --ram needs a value/],
  ["run module.wat --ram 1MB --ram 2MB", /option --ram is given 2 times/],
  ["run module.wat --ram lots", /--ram is "lots"; it takes /],
  ["run module.wat --compute 0", /--compute is "0"; it takes /],
  ["run module.wat --compute 9223372036854775808", /--compute is "9223372036854775808"/],
  ["run module.wat --timeout never", /^capsule: --timeout is "never"; it takes /],
  ["run module.wat --timeout 30", /--timeout is "30"; it takes a duration with its unit, such as "500ms", "30s"/],
  ["inspect module.wat --ram lots", /^capsule: --ram is "lots"; it takes /],
  ["run folder.py", /cannot read "folder\.py": this is a folder/],
  ["run missing.py", /"missing\.py".*no such file/],
  ["run Ada", /cannot read "Ada": there is no such file/],
  ["run folder", /cannot read "folder": this is a folder; name a program in it, such as "folder\/main\.py"/],
  ["run .", /cannot read "\.": this is a folder; .*\[workflow\] entrypoint/],
  ["inspect .", /cannot read "\.": this is a folder/],
  ["build .", /cannot read "\.": this is a folder/],
  ["exec .", /cannot read "\.": this is a folder; name an artifact/],
  ["run hello.rb", /hello\.rb": no engine runs this kind of file; known endings: .*\.py/],
  ["run broken.wat", /broken\.wat: line 1, column \d+: /],
  ["run broken.wasm", /at byte \d+/],
  ["run text.wasm", /text\.wasm|at byte 0/],
  ["run module.wat --args-file missing.json", /cannot read "missing\.json": there is no such file/],
  ["run module.wat --args-file args.json", /"args\.json" is no JSON/],
  ["run module.wat --args-file object.json", /"object\.json" holds no JSON array/],
  ["run module.wat --args-file digits.json", /"digits\.json" is no JSON: an integer of 20000 digits/],
  ["run module.wat --args-file latin1.json", /"latin1\.json" is no JSON: .*utf-8/],
  ["run module.wat --invoke g", /"g"/],
  ["run module.wat --invoke f(", /the call is "f\("; write it as/],
  ["run module.wat --invoke f(1)", /"f" takes 0 arguments; 1 given/],
  ["instrument", /IN is missing: capsule instrument IN -o OUT/],
  ["instrument module.wat", /no output: say where to write, such as -o module\.metered\.wasm/],
  ["instrument module.wat other.wat -o x.wasm", /unexpected argument "other\.wat"/],
  ["instrument module.wat -o x.wasm --fule 3", /unknown option --fule/],
  ["instrument module.wat -o x.wasm --fuel -1", /--fuel is "-1"; it takes /],
  ["instrument module.wat -o x.wasm --global both", /--global is "both"; it takes import or export/],
  ["instrument module.wat -o x.wasm --global export", /--global export needs --fuel/],
  ["instrument module.wat -o x.wasm --global import --fuel 5", /--fuel is the budget of an exported counter/],
  ["instrument module.wat -o x.wasm --max-memory 3", /--max-memory is "3"; it takes /],
  ["instrument missing.wasm -o x.wasm", /cannot read "missing\.wasm": there is no such file/],
  ["instrument folder -o x.wasm", /cannot read "folder": this is a folder, not a file/],
  ["instrument module.wat -o module.wat", /"module\.wat" is the input itself/],
  ["instrument module.wat -o folder", /cannot write "folder": this is a folder/],
  ["instrument module.wat -o nowhere/x.wasm", /cannot write "nowhere\/x\.wasm": there is no such/],
  ["instrument broken.wasm -o x.wasm", /at byte \d+/],
  ["instrument broken.wat -o x.wasm", /broken\.wat: line 1/],
  ["instrument text.wasm -o x.wasm", /at byte 0/],
];

describe("a mistake is one sentence and exit code 2", () => {
  test.concurrent.each(mistakes)("capsule %s", async (line, sentence) => {
    using folder = project(files);
    const end = await capsule(line.split(" ").filter(Boolean), { cwd: folder.path });
    expect(end.stderr).toMatch(sentence);
    expect(end.stderr).toMatch(/^capsule: .*\n$/);
    expect(end.stdout).toBe("");
    expect(end.code).toBe(2);
    expect(existsSync(join(folder.path, "x.wasm"))).toBe(false);
  });
});

test("help names every command, and every command has help with examples", async () => {
  const all = await capsule(["--help"]);
  expect(all).toMatchObject({ code: 0, stderr: "" });
  const verbs = [...all.stdout.matchAll(/^ {2}capsule (\w+)/gm)].map(([, verb]) => verb!);
  expect(verbs).toEqual(expect.arrayContaining(["run", "instrument"]));
  for (const verb of verbs) {
    const one = await capsule([verb, "--help"]);
    expect(one).toMatchObject({ code: 0, stderr: "" });
    expect(one.stdout).toContain("Examples:");
    expect(one.stdout).not.toContain("\n\n\n");
  }
});

test("--version is the version of the package", async () => {
  expect((await capsule(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a home that is no absolute path gets no cache, neither there nor in the working directory", async () => {
  using folder = project({ "p.py": "" });
  for (const HOME of ["", "relative"]) {
    const end = await capsule(["run", "p.py"], { cwd: folder.path, env: { HOME, XDG_CACHE_HOME: undefined } });
    expect(end.stderr).toMatch(
      /^capsule: the cache folder is ".*"; it takes an absolute path \(from HOME or XDG_CACHE_HOME, /,
    );
    expect(end.code).toBe(2);
    expect(readdirSync(folder.path)).toEqual(["p.py"]);
  }
});

test.skipIf(process.platform !== "linux")("standard output that cannot be written is no success", () => {
  using folder = project({ "m.wat": files["module.wat"] });
  for (const line of ["instrument m.wat -o -", "run m.wat --invoke f()", "run m.wat --invoke f() --json", "--help"]) {
    const end = spawnSync("sh", ["-c", 'exec "$0" "$@" > /dev/full', process.execPath, bin, ...line.split(" ")], {
      cwd: folder.path,
      encoding: "utf8",
    });
    expect(end.stderr).toMatch(/capsule: cannot write to standard output: no space left on the device\n$/);
    expect(end.status).toBe(2);
  }
});

test("what the system refuses is said in words", async () => {
  using folder = project({ "main.py": "" });
  symlinkSync("link.py", join(folder.path, "link.py"));
  for (const [file, reason] of [
    [`${"n".repeat(300)}.py`, "the name is too long"],
    ["main.py/main.py", "a part of this path is not a folder"],
    ["link.py", "too many symbolic links"],
  ] as const)
    expect((await capsule(["run", file], { cwd: folder.path })).stderr).toMatch(
      new RegExp(`^capsule: invalid_config: cannot read ".*: ${reason}\n$`),
    );
});

test.skipIf(process.platform === "win32")("a pipe in a file's place is not waited for", async () => {
  using folder = project();
  execFileSync("mkfifo", ["main.py", "main.capsule"], { cwd: folder.path });
  for (const line of [
    ["run", "main.py"],
    ["exec", "main.capsule"],
  ])
    expect(await capsule(line, { cwd: folder.path })).toMatchObject({
      code: 2,
      stderr: `capsule: invalid_config: cannot read "${line[1]}": this is no regular file\n`,
    });
});

test("a working directory that was removed is one sentence", async () => {
  using folder = project();
  const gone = spawnSync(
    "sh",
    ["-c", `cd "$1" && rmdir "$1" && exec "$2" "$3" run x.py`, "sh", folder.path, process.execPath, bin],
    {
      encoding: "utf8",
    },
  );
  expect(gone.stderr).toMatch(/^capsule: the working directory does not exist any more: .*\n$/);
  expect(gone.status).toBe(2);
});

test("a clone that was not built says so", () => {
  using folder = project({ "bin/capsule.js": readFileSync(bin) });
  const unbuilt = spawnSync(process.execPath, [join(folder.path, "bin/capsule.js"), "run"], { encoding: "utf8" });
  expect(unbuilt.stderr).toMatch(/^capsule: its own files cannot be loaded; in a clone, run npm ci first: .*\n$/);
  expect(unbuilt.status).toBe(2);
});

/** The system's own Node, where it is an old one: the tests themselves run on the Node that npm ci brings. */
function oldNode(): string | null {
  for (const node of ["/usr/bin/node", "/usr/local/bin/node"]) {
    try {
      const version = execFileSync(node, ["--version"], { encoding: "utf8" });
      if (Number(/^v(\d+)/.exec(version)?.[1]) < 24) return node;
    } catch {}
  }
  return null;
}

test("an old Node is one sentence that says what to do", async ({ skip }) => {
  const node = oldNode();
  if (node === null) return skip("no Node older than 24 is installed on this machine");
  const end = await capsule(["run", "x.py"], { node });
  expect(end.stderr).toMatch(/^capsule: Node \d+\.\d+\.\d+ is too old: Capsule needs Node 24 or newer\. .*\n$/);
  expect(end.code).toBe(2);
});
