/** Job: `capsule inspect`: what a program is, declares, would get and lacks, for people and as JSON. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { capsule, project, root } from "./support/capsule.ts";

const tasks = `from capsule import task
print("never shown")
@task(name="fetch", ram="1GB", compute="HIGH", timeout="1m", allowed_hosts=["api.example.com", "*.example.org"], allowed_files=["./out"], env_variables=["NOT_SET_HERE"])
def fetch(): ...
@task(name="main")
def main(): ...
`;

test("each task with its policy; nothing of it runs", async () => {
  using folder = project({ "main.py": tasks, "out/x": "" });
  const end = await capsule(["inspect", "main.py"], { cwd: folder.path });
  expect(end).toMatchObject({ code: 0, stderr: "" });
  expect(end.stdout).toMatch(/^program +main\.py\nengine +cpython \S+\nruns +main\nleast ram +\S+ to start\n/);
  expect(end.stdout).toMatch(
    /task fetch\n +compute +HIGH .*\n +ram +1GB\n +timeout +1m\n.*\n +files +\/out ← ".*out" \(read-write\)\n +hosts +api\.example\.com, \*\.example\.org\n/,
  );
  expect(end.stdout).toMatch(/→ variable NOT_SET_HERE is declared; it is not set here/);
  expect(end.stdout).not.toContain("never shown");
});

test("what a ceiling cuts is said, in words and in JSON", async () => {
  using folder = project({
    "main.py": tasks,
    "out/x": "",
    "capsule.toml": '[limits]\nram = "256MB"\nallowed_hosts = ["api.example.com"]\n',
  });
  const at = { cwd: folder.path };
  const text = (await capsule(["inspect", "main.py", "--compute", "LOW"], at)).stdout;
  expect(text).toMatch(/→ ram: 1GB is declared; the ceiling allows 256MB/);
  expect(text).toMatch(/→ compute: HIGH .* is declared; the ceiling allows LOW/);
  expect(text).toMatch(/→ host "\*\.example\.org" is declared; the ceiling does not allow all of it/);
  const json = JSON.parse((await capsule(["inspect", "main.py", "--json"], at)).stdout) as {
    tasks: { name: string; declared: object; policy: object; lacks: string[] }[];
  };
  expect(json.tasks.map(({ name }) => name)).toEqual(["fetch", "main"]);
  expect(json.tasks[0]).toMatchObject({
    declared: { ram: 2 ** 30, compute: "50000000000" },
    policy: { ram: 2 ** 28, allowed_hosts: ["api.example.com"] },
  });
  expect(json.tasks[0]!.lacks).toHaveLength(3);
  expect(json.tasks[1]!.lacks).toEqual([]);
});

test("a module: memories, exports with their types, imports, and what they would need", async () => {
  using folder = project({
    "tool.wat": `(module
      (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
      (memory (export "memory") 2 16)
      (func (export "add\\1b[31m") (param i32 f64) (result i64) (i64.const 0)))`,
  });
  const { stdout } = await capsule(["inspect", "tool.wat"], { cwd: folder.path });
  expect(stdout).toMatch(/runs +nothing by itself; name an export with --invoke\nleast ram +128KB/);
  expect(stdout).toMatch(/memories\n {2}128 KB at the start, at most 1 MB\n/);
  expect(stdout).toMatch(/exports\n {2}memory: memory\n {2}"add.*\(i32, f64\) → i64\n/);
  expect(stdout).toMatch(/imports\n {2}wasi_snapshot_preview1: path_open, environ_get\n/);
  expect(stdout).toMatch(/--allow-file DIR\[:ro\] \(it imports path_open\)\n.*--env NAME \(it imports environ_get\)/);
  expect(stdout).not.toContain("\x1b");
});

test("what cannot be inspected is one sentence", async () => {
  const end = await capsule(["inspect", "missing.py"], { cwd: root });
  expect(end).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^capsule: cannot read "missing\.py".*\n$/),
  });
  const none = await capsule(["inspect"], { cwd: join(root, "fixtures") });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^capsule: no program: name a file/) });
});
