/**
 * Job: packages of pure Python that requirements.txt names: installed into the project, imported in the sandbox, part of the
 * artifact; and what is said where that cannot be. The wheels are made here: no index is asked.
 * Never: need the network.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { zipOf } from "../../packages/host/src/engine/python/wheel.ts";
import { cacheFolder } from "../support/shared.ts";

const hasTool = [
  ["python3", "-m", "pip", "--version"],
  ["uv", "--version"],
].some(([command, ...args]) => spawnSync(command!, args).status === 0);
if (!hasTool) console.warn("SKIPPED: requirements.txt: neither pip nor uv is on this machine");

let capsule: Capsule;
beforeAll(async () => {
  capsule = await Capsule.open({ pool: { threads: 1 }, cache: { folder: join(cacheFolder(), "python") } });
});
afterAll(() => capsule[Symbol.asyncDispose]());

interface Wheel {
  readonly name: string;
  readonly version?: string;
  readonly tag?: string;
  readonly needs?: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

function project(files: Readonly<Record<string, string>>, wheels: readonly Wheel[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), "capsule-requirements-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, "wheels"));
  for (const { name, version = "1.0", tag = "py3-none-any", needs = [], files: content } of wheels) {
    const info = `${name}-${version}.dist-info`;
    const requires = needs.map((need) => `Requires-Dist: ${need}\n`).join("");
    const all = new Map([
      ...Object.entries(content),
      [`${info}/METADATA`, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${requires}`],
      [`${info}/WHEEL`, `Wheel-Version: 1.0\nRoot-Is-Purelib: ${tag.endsWith("-any")}\nTag: ${tag}\n`],
      [`${info}/RECORD`, ""],
    ] as const);
    writeFileSync(join(folder, "wheels", `${name}-${version}-${tag}.whl`), zipOf(all));
  }
  return folder;
}

const local = "--no-index\n--find-links ./wheels\n";
const greetings: Wheel = {
  name: "greetings",
  version: "2.1",
  needs: ["words>=1"],
  files: {
    "greetings/__init__.py":
      "import os, words\nfrom .deep import name\ndef greet():\n    with open(os.path.join(os.path.dirname(__file__), 'end.txt')) as end:\n        return f'{words.HELLO}, {name}{end.read()}'\ndef fail():\n    raise ValueError(words.HELLO)\n",
    "greetings/deep/__init__.py": "name = 'world'\n",
    "greetings/end.txt": "!",
  },
};
const words: Wheel = { name: "words", files: { "words.py": "HELLO = 'Hello'\n" } };
const program = `
import greetings, importlib.metadata, importlib.resources
from capsule import task

@task(name="main")
def main(fail=False):
    if fail:
        greetings.fail()
    text = importlib.resources.files("greetings").joinpath("end.txt").read_text()
    return [greetings.greet(), importlib.metadata.version("greetings"), text]
`;
const answer = ["Hello, world!", "2.1", "!"];

test.runIf(hasTool)("what requirements.txt names is installed once, imported, and part of the artifact", async () => {
  const cwd = project({ "requirements.txt": `${local}greetings >= 2\n`, "main.py": program }, [greetings, words]);
  const before = await capsule.run("main.py", { cwd });
  expect(before.error?.message).toMatch(
    /^ModuleNotFoundError: No module named 'greetings': requirements\.txt is not installed for the sandbox yet; run: capsule build main\.py\n/,
  );

  expect(await capsule.install({ cwd })).toEqual({ packages: ["greetings 2.1", "words 1.0"], already: false });
  expect(await capsule.install({ cwd })).toMatchObject({ packages: ["greetings 2.1", "words 1.0"], already: true });
  expect(await capsule.run("main.py", { cwd })).toMatchObject({ error: null, result: answer });

  // Packages are not the program's own lines.
  const failed = await capsule.run("main.py", { cwd, args: [true] });
  expect(failed.error?.message).toContain('File "main.py", line 8, in main');
  expect(failed.error?.message).not.toContain("greetings/__init__.py");

  const elsewhere = project({ "main.capsule": "" });
  writeFileSync(join(elsewhere, "main.capsule"), await capsule.export("main.py", { cwd }));
  expect(await capsule.exec("main.capsule", { cwd: elsewhere })).toMatchObject({ error: null, result: answer });

  // Other requirements are another installation; a half one is never left.
  writeFileSync(join(cwd, "requirements.txt"), `${local}words\n`);
  expect((await capsule.run("main.py", { cwd })).error?.message).toContain("is not installed for the sandbox yet");
  expect(await capsule.install({ cwd })).toMatchObject({ packages: ["words 1.0"] });
  expect((await capsule.run("main.py", { cwd })).error?.message).toContain(
    "No module named 'greetings': if it is a package of pure Python, name it in requirements.txt and run: capsule build main.py",
  );
  expect(readdirSync(join(cwd, ".capsule/python")).filter((name) => !/^[0-9a-f]{32}$/.test(name))).toEqual([]);
});

test.runIf(hasTool)("modules beside the program and those of the library win over a package", async () => {
  const cwd = project({ "requirements.txt": `${local}words\n`, "main.py": "", "words.py": "HELLO = 'mine'\n" }, [
    { ...words, files: { ...words.files, "json/__init__.py": "raise SystemExit('not the library')" } },
  ]);
  writeFileSync(join(cwd, "main.py"), "import json, words\ndef main():\n    return json.loads('1'), words.HELLO\n");
  await capsule.install({ cwd });
  expect(await capsule.run("main.py", { cwd })).toMatchObject({ error: null, result: [1, "mine"] });
});

const arch = { x64: "x86_64", arm64: "aarch64" }[process.arch as string];
const isLinux = process.platform === "linux" && arch !== undefined;

test.runIf(hasTool && isLinux)("packages with compiled code are named, those that others need too", async () => {
  const cwd = project({ "requirements.txt": `${local}needs_native\n` }, [
    { name: "needs_native", needs: ["native"], files: { "needs_native.py": "" } },
    { name: "native", version: "3.2", tag: `py3-none-linux_${arch}`, files: { "native.so": "" } },
  ]);
  await expect(capsule.install({ cwd })).rejects.toThrow(
    /^requirements\.txt: native 3\.2 is compiled for another machine than the sandbox: leave it out, or take a package or an older version of pure Python/,
  );
  expect(readdirSync(join(cwd, ".capsule/python"))).toEqual([]);
});

test.runIf(hasTool).for([
  ["absent_package", /^requirements\.txt was not installed: .*absent_package/],
  ["words == 9", /^requirements\.txt was not installed: .*words\s?==\s?9/],
  ["words words", /^requirements\.txt was not installed: .*words words/],
] as const)("what cannot be had is said: %s", async ([line, expected]) => {
  const cwd = project({ "requirements.txt": `${local}${line}\n` }, [words]);
  await expect(capsule.install({ cwd })).rejects.toThrow(expected);
});

test("a machine without pip and uv says so; nothing asked is nothing done", async () => {
  const cwd = project({ "requirements.txt": "words\n" });
  const { PATH } = process.env;
  process.env["PATH"] = cwd;
  onTestFinished(() => {
    process.env["PATH"] = PATH;
  });
  await expect(capsule.install({ cwd })).rejects.toThrow(/through pip or uv, and neither is on this machine/);
  expect(await capsule.install({ cwd: project({ "requirements.txt": "# nothing\n\n" }) })).toBe(null);
  expect(await capsule.install({ cwd: project({}) })).toBe(null);
});

test.runIf(hasTool)("what a guest may have put where packages lie leads nowhere else", async () => {
  const outside = project({ "secret.py": "SECRET = 1" });
  const text = "import secret, words\ndef main(): return secret.SECRET\n";
  const asks = { "requirements.txt": `${local}words\n`, "main.py": text };
  const missing = /No module named 'secret'/;

  // A link among the packages, and one in place of them all.
  const cwd = project(asks, [words]);
  await capsule.install({ cwd });
  const [key] = readdirSync(join(cwd, ".capsule/python"));
  for (const name of ["secret", "linked.py"]) symlinkSync(outside, join(cwd, ".capsule/python", key!, "site", name));
  symlinkSync(join(outside, "secret.py"), join(cwd, ".capsule/python", key!, "site/secret.py"));
  await using fresh = await Capsule.open({ pool: { threads: 1 }, cache: { folder: join(cacheFolder(), "python") } });
  const { error } = await fresh.run("main.py", { cwd });
  expect(error?.message).toMatch(missing);
  const moved = project(asks, [words]);
  mkdirSync(join(moved, ".capsule/python"), { recursive: true });
  mkdirSync(join(outside, "site"));
  writeFileSync(join(outside, "site/secret.py"), "SECRET = 2");
  writeFileSync(join(outside, "installed.json"), "{}");
  symlinkSync(outside, join(moved, ".capsule/python", key!));
  expect((await capsule.run("main.py", { cwd: moved })).error?.message).toMatch(missing);

  // Nor is anything written by way of one.
  const linked = project(asks, [words]);
  symlinkSync(outside, join(linked, ".capsule"));
  await expect(capsule.install({ cwd: linked })).rejects.toThrow(/\.capsule" is no folder; move it away/);
  expect(readdirSync(outside).sort()).toEqual(["installed.json", "secret.py", "site", "wheels"]);
});
