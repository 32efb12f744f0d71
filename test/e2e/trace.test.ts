/** Job: `capsule trace` and the recording of `capsule run`, also of a run that is killed. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { capsule, project, start } from "./support/capsule.ts";

const sqlite3 = (folder: string, sql: string) =>
  execFileSync("sqlite3", [join(folder, ".capsule/trace.db"), sql], { encoding: "utf8" }).trim();

const tree = `from capsule import task
@task(name="leaf")
def leaf(n): return n
@task(name="mid", compute="LOW")
def mid(n): return leaf(n)["result"]
@task(name="main")
def main(): return [mid(1)["result"], mid(2)["result"]]
`;

test("the last runs as a list, one run as a tree, both as JSON", async () => {
  using folder = project({
    "capsule.toml": '[workflow]\nname = "trees"\nversion = "1.2"\n',
    "main.py": tree,
    "bad.py": "raise ValueError('\\x1b[31mno luck')",
    "below/x": "",
  });
  const at = { cwd: folder.path };
  const none = await capsule(["trace"], at);
  expect(none).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^capsule: nothing is recorded in .*\n$/),
  });
  expect((await capsule(["run", "main.py"], at)).stdout).toBe("[1,2]\n".replace(",", ", "));
  expect((await capsule(["run", "bad.py"], at)).code).toBe(1);
  expect((await capsule(["run", "bad.py", "--no-trace"], at)).code).toBe(1);

  const list = await capsule(["trace"], { cwd: join(folder.path, "below") });
  expect(list.stdout).toMatch(
    /^ID +STARTED +STATE +TIME +FUEL +FILE +TASK\n\S+ .* failed .* bad\.py +main\n\S+ .* completed .* main\.py +main \+4\n$/,
  );
  const runs = JSON.parse((await capsule(["trace", "--json"], at)).stdout) as {
    id: string;
    agent_name: string;
    state: string;
  }[];
  expect(runs.map(({ agent_name, state }) => [agent_name, state])).toEqual([
    ["trees", "failed"],
    ["trees", "completed"],
  ]);
  expect(JSON.parse((await capsule(["trace", "-n", "1", "--json"], at)).stdout)).toHaveLength(1);

  const shown = (await capsule(["trace", runs[1]!.id.slice(0, 8)], at)).stdout;
  expect(
    shown
      .split("\n")
      .slice(1, -1)
      .map((line) => line.split("  completed")[0]),
  ).toEqual(["main", "├─ mid", "│  └─ leaf", "└─ mid", "   └─ leaf"]);
  expect(shown).toMatch(/mid {2}completed .* of 100,000,000/);
  const failed = (await capsule(["trace", runs[0]!.id], at)).stdout;
  expect(failed).toContain("task_error");
  expect(failed).not.toContain("\x1b");
  const json = JSON.parse((await capsule(["trace", runs[1]!.id, "--json"], at)).stdout) as {
    children: { children: unknown[] }[];
  };
  expect(json.children.map(({ children }) => children.length)).toEqual([1, 1]);
});

test("a run that is killed with SIGKILL is in the table, and interrupted for the next start", async () => {
  using folder = project({
    "loop.py":
      'from capsule import task\n@task(name="main", compute=10**18)\ndef main():\n    print("on")\n    while True: pass',
    "other.py": 'import time\nprint("on")\ntime.sleep(60)',
    "one.wat": '(module (func (export "f") (result i32) (i32.const 1)))',
  });
  const killed = start(["run", "loop.py"], { cwd: folder.path });
  const living = start(["run", "other.py"], { cwd: folder.path });
  await Promise.all([killed.saw("stdout", "on"), living.saw("stdout", "on")]);
  const running = "SELECT file FROM instance_log WHERE state = 'running' ORDER BY file";
  const recorded = () => {
    try {
      return existsSync(join(folder.path, ".capsule/trace.db")) && sqlite3(folder.path, running);
    } catch {
      return false; // without its table yet, or one of them is making it
    }
  };
  while (recorded() !== "loop.py\nother.py") await setTimeout(50);
  killed.child.kill("SIGKILL");
  await killed.finished;
  expect(sqlite3(folder.path, `PRAGMA integrity_check; ${running}`)).toBe("ok\nloop.py\nother.py");

  await capsule(["run", "one.wat", "--invoke", "f()"], { cwd: folder.path });
  expect(sqlite3(folder.path, "SELECT file, state FROM instance_log ORDER BY file")).toBe(
    "loop.py|interrupted\none.wat|completed\nother.py|running",
  );
  living.child.kill("SIGINT");
  expect((await living.finished).code).toBe(130);
  expect(sqlite3(folder.path, "SELECT state, error_type FROM instance_log WHERE file = 'other.py'")).toBe(
    "interrupted|cancelled",
  );
});

test("a folder that is no place for a trace: one sentence, and the run goes on", async () => {
  using folder = project({ "one.wat": '(module (func (export "f") (result i32) (i32.const 1)))', ".capsule": "" });
  const end = await capsule(["run", "one.wat", "--invoke", "f()"], { cwd: folder.path });
  expect(end).toMatchObject({ code: 0, stdout: "1\n" });
  expect(end.stderr).toMatch(/^capsule: runs are not recorded in .*: .*is no folder; move it away\n$/);
});

test.skipIf(process.platform === "win32")(
  "why nothing is recorded in a folder that everybody may write to",
  async () => {
    using folder = project({ "main.py": "" });
    chmodSync(folder.path, 0o1777);
    expect(await capsule(["run", "main.py"], { cwd: folder.path })).toMatchObject({ code: 0, stderr: "" });
    expect((await capsule(["trace"], { cwd: folder.path })).stderr).toMatch(
      /there is no \.capsule\/trace\.db; in a folder that everybody may write to it is made only beside a capsule\.toml\n$/,
    );
  },
);

test.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
  "a trace that is not ours to read is one sentence",
  async () => {
    using folder = project({ "main.py": "" });
    await capsule(["run", "main.py"], { cwd: folder.path });
    chmodSync(join(folder.path, ".capsule"), 0);
    const end = await capsule(["trace"], { cwd: folder.path });
    chmodSync(join(folder.path, ".capsule"), 0o700);
    expect(end.stderr).toMatch(/^capsule: ".*trace\.db" cannot be read: EACCES: .*\n$/);
    expect(end.code).toBe(2);
  },
);
