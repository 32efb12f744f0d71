/**
 * Job: packages of pure Python that requirements.txt names: installed into the project, imported in the sandbox, part of the
 * artifact; and what is said where that cannot be. The wheels are made here: no index is asked.
 * Never: need the network.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { zipOf } from "../../packages/host/src/engine/python/wheel.ts";
import { cacheFolder } from "../support/shared.ts";

const hasTool = [
  ["python3", "-m", "pip", "--version"],
  ["uv", "--version"],
].some(([command, ...args]) => spawnSync(command!, args).status === 0);
if (!hasTool) console.warn("SKIPPED: requirements.txt: neither pip nor uv is on this machine");

// No index is this machine's own configuration, as the folder of wheels is.
for (const tool of ["PIP", "UV"]) process.env[`${tool}_NO_INDEX`] = "1";

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
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  mkdirSync(join(folder, "wheels"));
  if (wheels.length > 0) for (const tool of ["PIP", "UV"]) process.env[`${tool}_FIND_LINKS`] = join(folder, "wheels");
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
  const cwd = project({ "requirements.txt": `greetings >= 2\n`, "main.py": program }, [greetings, words]);
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
  writeFileSync(join(cwd, "requirements.txt"), `words\n`);
  expect((await capsule.run("main.py", { cwd })).error?.message).toContain("is not installed for the sandbox yet");
  expect(await capsule.install({ cwd })).toMatchObject({ packages: ["words 1.0"] });
  expect((await capsule.run("main.py", { cwd })).error?.message).toContain(
    "No module named 'greetings': if it is a package of pure Python, name it in requirements.txt and run: capsule build main.py",
  );
  expect(readdirSync(join(cwd, ".capsule/python")).filter((name) => !/^[0-9a-f]{32}$/.test(name))).toEqual([]);
});

test.runIf(hasTool)("what an interrupted installation left is removed by the next", async () => {
  const cwd = project({ "requirements.txt": "words\n", "main.py": "" }, [{ name: "words", files: { "words.py": "" } }]);
  const parent = join(cwd, ".capsule/python");
  for (const name of ["making-old", "making-now", "another"]) mkdirSync(join(parent, name), { recursive: true });
  for (const name of ["making-old", "another"]) utimesSync(join(parent, name), 1, 1);
  await capsule.install({ cwd });
  expect(
    readdirSync(parent)
      .filter((name) => !/^[0-9a-f]{32}$/.test(name))
      .sort(),
  ).toEqual(["another", "making-now"]);
});

test.runIf(hasTool)("modules beside the program and those of the library win over a package", async () => {
  const cwd = project({ "requirements.txt": `words\n`, "main.py": "", "words.py": "HELLO = 'mine'\n" }, [
    { ...words, files: { ...words.files, "json/__init__.py": "raise SystemExit('not the library')" } },
  ]);
  writeFileSync(join(cwd, "main.py"), "import json, words\ndef main():\n    return json.loads('1'), words.HELLO\n");
  await capsule.install({ cwd });
  expect(await capsule.run("main.py", { cwd })).toMatchObject({ error: null, result: [1, "mine"] });
});

const arch = { x64: "x86_64", arm64: "aarch64" }[process.arch as string];
const isLinux = process.platform === "linux" && arch !== undefined;

test.runIf(hasTool && isLinux)("packages with compiled code are named, those that others need too", async () => {
  const cwd = project({ "requirements.txt": `needs_native\n` }, [
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
] as const)("what cannot be had is said: %s", async ([line, expected]) => {
  const cwd = project({ "requirements.txt": `${line}\n` }, [words]);
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
  const asks = { "requirements.txt": `words\n`, "main.py": text };
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

describe("what the program's author writes runs nothing on the host", () => {
  /** Python that writes a file named after where it ran. */
  const spy = (where: string, folder: string) => `open(${JSON.stringify(join(folder, `ran-${where}`))}, "w").close()\n`;
  const setup = (folder: string) =>
    `${spy("setup", folder)}from setuptools import setup\nsetup(name="local", version="1", py_modules=[])\n`;
  const trap = (text: string) => {
    const cwd = project({ "requirements.txt": text, "main.py": "def main(): return 1\n" }, [words]);
    mkdirSync(join(cwd, "local"));
    writeFileSync(join(cwd, "local/setup.py"), setup(cwd));
    return cwd;
  };
  const ran = (cwd: string) => readdirSync(cwd).filter((name) => name.startsWith("ran-"));

  test.runIf(hasTool)("pip itself does run it: the trap works", () => {
    const cwd = trap("./local\n");
    spawnSync(
      "python3",
      ["-m", "pip", "install", "--no-build-isolation", "--target", "site", "-r", "requirements.txt"],
      { cwd },
    );
    expect(ran(cwd)).toEqual(["ran-setup"]);
  });

  test.for([
    "./local",
    "local/",
    "-e ./local",
    "--editable=./local",
    "local @ file:./local",
    "words @ https://127.0.0.1/words-1.0-py3-none-any.whl",
    "git+https://127.0.0.1/x.git",
    "words --no-binary=:all:",
    "words; python_version > '3' --no-binary=words",
    "--no-binary :all:",
    "--only-binary=:none:",
    "--index-url https://127.0.0.1/simple",
    "-i https://127.0.0.1/simple",
    "--extra-index-url=https://127.0.0.1/simple",
    "--find-links ./wheels",
    "-f wheels",
    "--trusted-host x",
    "words --config-settings=a=b",
    "words \\\n--no-binary=words",
    "words-1.0.tar.gz",
    "wheels/words-1.0-py3-none-any.whl",
    "words.zip[extra]",
    "words.tar.gz ; python_version > '3'",
    "words.tlz",
    "words == --no-binary",
    "$HOME",
    "words words",
  ])("refused: %s", async (line) => {
    const cwd = trap(`# a comment\nwords\n${line}\n`);
    await expect(capsule.install({ cwd })).rejects.toThrow(
      /^requirements\.txt:3: ".*" is not installed for a sandbox: a line is/,
    );
    expect(ran(cwd)).toEqual([]);
    expect(existsSync(join(cwd, ".capsule/python"))).toBe(false);
  });

  test("a line of any length is refused, at once", async () => {
    const long = [`words${" ".repeat(500_000)}x`, `words ${"[".repeat(500_000)}`, "a.".repeat(250_000)];
    const short = [
      `words${" ".repeat(4_000)}x`,
      `words${"\t ".repeat(2_000)}$`,
      `words==${"1, ==".repeat(700)}$`,
      `words[${"b, ".repeat(1_300)}$`,
      `words[${" ".repeat(2_000)}b${" ".repeat(2_000)}$`,
      `words;${" --hash=a:a".repeat(370)}$`,
      `${"a".repeat(4_000)}$`,
    ];
    for (const line of [...long, ...short]) {
      const cwd = trap(`${line}\n`);
      await expect(capsule.install({ cwd })).rejects.toThrow(/^requirements\.txt:1: .* is not installed for a sandbox/);
    }
  });

  test.for([
    ["-r ../outside.txt", "../outside.txt"],
    ["-r /dev/zero", "/dev/zero"],
    ["-c link.txt", "link.txt"],
    ["-r absent.txt", "absent.txt"],
    ["--requirement=local", "local"],
  ] as const)("files are the project's own: %s", async ([line, path]) => {
    const cwd = trap(`${line}\n`);
    symlinkSync("/etc/hostname", join(cwd, "link.txt"));
    await expect(capsule.install({ cwd })).rejects.toThrow(`requirements.txt:1: "${path}" is no file of the project`);
  });

  test.runIf(hasTool)("a module beside the program is not what pip imports", async () => {
    const cwd = trap("words\n");
    for (const name of ["pip.py", "logging.py", "sitecustomize.py", "ssl.py"])
      writeFileSync(join(cwd, name), spy(name, cwd));
    const before = process.cwd();
    process.chdir(cwd);
    onTestFinished(() => process.chdir(before));
    expect(await capsule.install({ cwd })).toMatchObject({ packages: ["words 1.0"] });
    expect(ran(cwd)).toEqual([]);
  });

  test.runIf(hasTool)("every kind of line that is taken reaches the tool", async () => {
    const hash = createHash("sha256");
    const cwd = project(
      {
        "more/base.txt":
          "words[extra] >= 0.9, < 2 ; python_version >= '3.0' and (os_name == 'posix' or os_name == \"nt\")\r\n",
        "more/limits.txt": "\uFEFF# limits\nwords == 1.0\n",
      },
      [words],
    );
    hash.update(readFileSync(join(cwd, "wheels/words-1.0-py3-none-any.whl")));
    writeFileSync(
      join(cwd, "requirements.txt"),
      `--pre\n-r more/base.txt\n-c more/limits.txt # bounds\nwords == 1.* \\\n  --hash=sha256:${"0".repeat(64)} \\\n  --hash=sha256:${hash.digest("hex")}\nabsent; python_version < '3'\n`,
    );
    await expect(capsule.install({ cwd })).rejects.toThrow(/hash/i);
    writeFileSync(
      join(cwd, "requirements.txt"),
      "--pre\n-r more/base.txt\n-c more/limits.txt # bounds\nwords(>=0.5)\nabsent; python_version < '3'\n",
    );
    expect(await capsule.install({ cwd })).toMatchObject({ packages: ["words 1.0"] });
  });
});
