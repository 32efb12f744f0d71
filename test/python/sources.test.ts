/** Job: which files a Python program may read of the folder that it lies in. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gatherSources } from "../../packages/host/src/engine/python/sources.ts";

function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "capsule-sources-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const gather = (folder: string, file: string, text: string) =>
  gatherSources({ path: join(folder, file), bytes: Buffer.from(text) }, folder);

test("what is imported is taken, and what that imports; nothing else", () => {
  const folder = project({
    "a.py": "import b.deep, os\nfrom c import *",
    "b/__init__.py": "",
    "b/deep.py": "from . import other",
    "b/other.py": "",
    "b/data.json": "{}",
    "b/.git/hidden.py": "",
    "b/__pycache__/deep.cpython-313.pyc": "",
    "c.py": "def f():\n    import d  # later\n",
    "d.py": "__import__('e'); importlib.import_module(\"f.g\")",
    "e.py": "",
    "f/g.py": "",
    "unused.py": "",
    "os.txt": "",
  });
  const { mount, modules, file } = gather(folder, "main.py", "import a as x, nothing");
  expect(file).toBe("main.py");
  expect([...mount.files.keys()].sort()).toEqual([
    "a.py",
    "b/__init__.py",
    "b/deep.py",
    "b/other.py",
    "c.py",
    "d.py",
    "e.py",
    "f/g.py",
    "main.py",
  ]);
  expect(modules).toEqual(["a", "b", "c", "d", "e", "f"]);
});

test("a program in a folder of the project imports from its own folder", () => {
  const folder = project({ "src/helper.py": "", "helper.py": "wrong" });
  const { mount, file, folder: own } = gather(folder, "src/app.py", "import helper");
  expect(file).toBe("src/app.py");
  expect(own).toBe("src");
  expect([...mount.files.keys()].sort()).toEqual(["src/app.py", "src/helper.py"]);
});

test("links lead out of the project for nobody", () => {
  const outside = project({ "secret.py": "SECRET = 1", "package/__init__.py": "SECRET = 2" });
  const folder = project({ "inner/real.py": "", "pack/__init__.py": "" });
  symlinkSync(join(outside, "secret.py"), join(folder, "secret.py"));
  symlinkSync(join(outside, "package"), join(folder, "package"));
  symlinkSync(join(outside, "secret.py"), join(folder, "pack/secret.py"));
  symlinkSync("inner/real.py", join(folder, "linked.py"));
  symlinkSync("nowhere.py", join(folder, "broken.py"));
  symlinkSync("loop.py", join(folder, "loop.py"));
  const { mount } = gather(folder, "main.py", "import secret, package, pack, linked, broken, loop");
  expect([...mount.files.keys()].sort()).toEqual(["linked.py", "main.py", "pack/__init__.py"]);
});

test("too much is a build error that says so", () => {
  const files = Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`big/m${index}.py`, ""]));
  expect(() => gather(project(files), "main.py", "import big")).toThrow(/main\.py imports more than 5000 files/);
});
