/** Job: files in Python: what is granted works as Python's own, what is not is a PermissionError with its reason. */
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { python, task } from "./support.ts";

const py = python();

test("a read-write grant works with open, pathlib, os, shutil and json", async () => {
  py.write("out/.keep", "");
  const { result, error } = await py.run(
    task(
      `
import json, os, pathlib, shutil
out = pathlib.Path("out")
(out / "a" / "b").mkdir(parents=True)
(out / "a" / "x.txt").write_text("héllo")
with open("./out/a/b/data.json", "w") as f: json.dump({"k": [1]}, f)
with open("/out/log.bin", "ab") as f: f.write(b"\\x00\\xff")
with open("out/log.bin", "ab") as f: f.write(b"!")
shutil.copytree("out/a", "out/copy")
shutil.move("out/copy/x.txt", "out/moved.txt")
os.rename("out/moved.txt", "out/renamed.txt")
os.remove("out/.keep")
shutil.rmtree("out/copy")
with open("out/a/x.txt", "r+") as f:
    f.seek(0, 2)
    f.write("!")
    f.truncate(3)
return [sorted(os.listdir("out")), json.load(open("out/a/b/data.json")), open("out/log.bin", "rb").read().hex(),
        os.path.getsize("out/a/x.txt"), sorted(str(p) for p in out.rglob("*")), out.stat().st_size >= 0, os.path.isdir("out/a"), os.getcwd()]`,
      "allowed_files=['./out']",
    ),
  );
  expect(error).toBe("");
  expect(result).toEqual([
    ["a", "log.bin", "renamed.txt"],
    { k: [1] },
    "00ff21",
    3,
    ["out/a", "out/a/b", "out/a/b/data.json", "out/a/x.txt", "out/log.bin", "out/renamed.txt"],
    true,
    true,
    "/",
  ]);
  expect(readFileSync(join(py.folder, "out/renamed.txt"), "utf8")).toBe("héllo");
});

test("a read-only grant is read, and every change of it is a PermissionError with its reason", async () => {
  py.write("data/in.txt", "in");
  const { result, error } = await py.run(
    task(
      `
import os, pathlib, shutil
seen = [open("data/in.txt").read()]
for change in (
    lambda: open("data/in.txt", "w"), lambda: open("data/new.txt", "w"), lambda: open("data/in.txt", "a"), lambda: os.remove("data/in.txt"),
    lambda: os.mkdir("data/d"), lambda: os.rename("data/in.txt", "data/x.txt"), lambda: os.symlink("in.txt", "data/l"),
    lambda: os.truncate("data/in.txt", 0), lambda: os.utime("data/in.txt", (0, 0)), lambda: os.link("data/in.txt", "data/l")):
    try:
        change()
        seen.append("changed")
    except PermissionError:
        pass
    except OSError as e:
        seen.append(repr(e))
open("data/in.txt", "w")`,
      "allowed_files=[{'path': './data', 'mode': 'read-only'}]",
    ),
  );
  expect(result).toBe(null);
  expect(error).toMatch(/^permission_denied: PermissionError: .*data\/in.txt/);
  expect(error).toContain("read-only");
  expect(readFileSync(join(py.folder, "data/in.txt"), "utf8")).toBe("in");
});

test("what no grant covers is a PermissionError that says how to allow it", async () => {
  py.write("secret.txt", "secret");
  py.write("out/x", "");
  symlinkSync("/etc/passwd", join(py.folder, "out/link"));
  symlinkSync("../secret.txt", join(py.folder, "out/up"));
  const { error, events } = await py.run(task("open('secret.txt')"));
  expect(error).toMatch(/^permission_denied: PermissionError/);
  expect(error).toContain('"/secret.txt" was refused');
  expect(error).toContain("allowed_files");
  expect(events.some((event) => event.kind === "denied" && event.denial.what === "/secret.txt")).toBe(true);
  const { result } = await py.run(
    task(
      `
got = []
for path in ("secret.txt", "/etc/passwd", "../secret.txt", "out/../secret.txt", "out/link", "out/up", "/proc/self/environ", "out/../../etc/passwd"):
    try:
        got.append(open(path).read())
    except OSError as e:
        pass
return got`,
      "allowed_files=['out']",
    ),
  );
  expect(result).toEqual([]);
});

test("tempfile has a place of its own that is gone afterwards", async () => {
  const { result, error } = await py.run(
    task(`
import tempfile, os
with tempfile.TemporaryDirectory() as d:
    path = os.path.join(d, "x")
    with open(path, "w") as f: f.write("x")
    inside = os.path.exists(path)
with tempfile.NamedTemporaryFile("w+") as f:
    f.write("abc")
    f.seek(0)
    text = f.read()
with tempfile.SpooledTemporaryFile() as f:
    f.write(b"1")
return [inside, os.path.exists(path), text]`),
  );
  expect(error).toBe("");
  expect(result).toEqual([true, false, "abc"]);
});

test("a folder of the project may be called tmp", async () => {
  py.write("tmp/x.txt", "x");
  const { result } = await py.run(task("import os\nreturn os.listdir('/tmp')", "allowed_files=['tmp']"));
  expect(result).toEqual(["x.txt"]);
});

test("a sqlite3 file on a grant is a database that stays", async () => {
  py.write("out/.keep", "");
  const { result, error } = await py.run(
    task(
      `
import sqlite3
db = sqlite3.connect("out/test.db")
with db:
    db.execute("create table t(a, b)")
    db.executemany("insert into t values (?, ?)", [(i, "x" * 100) for i in range(2000)])
db.close()
db = sqlite3.connect("out/test.db")
return db.execute("select count(*), sum(a) from t").fetchone()`,
      "allowed_files=['out']",
    ),
  );
  expect(error).toBe("");
  expect(result).toEqual([2000, 1999000]);
  expect(existsSync(join(py.folder, "out/test.db"))).toBe(true);
});

test("mounts are there under their guest name; a file left open is written", async () => {
  py.write("deep/data/x.txt", "mounted");
  const { result, error } = await py.run(
    `from capsule import task
f = None
@task(name="main")
def main():
    global f
    f = open("/input/left.txt", "w")
    f.write("left open")
    return open("/input/x.txt").read()
`,
    { mounts: ["deep/data::/input:rw"] },
  );
  expect(error).toBe("");
  expect(result).toBe("mounted");
  expect(readFileSync(join(py.folder, "deep/data/left.txt"), "utf8")).toBe("left open");
});

test("the whole project can be granted", async () => {
  py.write("a.txt", "a");
  const { result, error } = await py.run(
    task(
      "import os\nreturn [open('a.txt').read(), open(__file__).readline(), 'main.py' in os.listdir()]",
      "allowed_files=['.']",
    ),
  );
  expect(error).toBe("");
  expect(result).toEqual(["a", "from capsule import task\n", true]);
});

test("os.environ is exactly what was granted", async () => {
  py.write(".env", "FROM_FILE=file value\nHIDDEN=1\n");
  const { result } = await py.run(
    task(
      "import os\nreturn [dict(os.environ), os.getenv('HIDDEN'), os.environ.get('HOME')]",
      "env_variables=['FROM_FILE']",
    ),
  );
  expect(result).toEqual([{ FROM_FILE: "file value" }, null, null]);
});
