/** Job: what a Python program is: tasks, functions, scripts, arguments, modules beside it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { python, task } from "./support.ts";

const py = python();
const hello = readFileSync(join(import.meta.dirname, "../../fixtures/hello/hello.py"), "utf8");

test("the hello program greets", async () => {
  const { result, envelope } = await py.run(hello);
  expect(envelope.error).toBe(null);
  expect(result).toBe("Hello from Capsule!");
  expect(envelope.execution).toMatchObject({ task_name: "main", retries: 0, engine: { name: "cpython" } });
  expect((await py.run(hello, { args: ["Ada"] })).result).toBe("Hello from Ada!");
  expect((await py.run(hello, { kwargs: { name: "Bob" } })).result).toBe("Hello from Bob!");
});

test("arguments arrive as the values that they are", async () => {
  const args = '[1.0, -0.0, 1180591620717411303424, 0.1, null, true, "ü\\u0000\\ud800", [{"a": []}], 1e400]';
  const { result } = await py.run(task("return [repr(a) for a in args]"), { args });
  expect(result).toEqual([
    "1.0",
    "-0.0",
    "1180591620717411303424",
    "0.1",
    "None",
    "True",
    "'ü\\x00\\ud800'",
    "[{'a': []}]",
    "inf",
  ]);
});

test("the entry is the task main, else a function main, else the first task, else the top level", async () => {
  const other = `from capsule import task\n@task(name="first")\ndef f(): return "first"\n@task()\ndef second(): return "second"\n`;
  expect((await py.run(`${other}@task\ndef main(): return "task"`)).result).toBe("task");
  expect((await py.run(`${other}def main(): return "function"`)).result).toBe("function");
  expect((await py.run(other)).result).toBe("first");
  expect((await py.run(other, { task: "second" })).result).toBe("second");
  const script = await py.run("import sys\nprint(__name__, sys.argv)", { args: ["a", 2] });
  expect(script.stdout).toBe("__main__ ['main.py', 'a', '2']\n");
  expect(script.result).toBe(null);
});

test("a script that calls its own main is a script", async () => {
  const { stdout, envelope } = await py.run("def main():\n    print('once')\n\nmain()\n");
  expect(envelope.error).toBe(null);
  expect(stdout).toBe("once\n");
  const guarded = await py.run(
    "def main():\n    return 7\n\nif __name__ == '__main__':\n    print('guard')\n    main()\n",
  );
  expect(guarded.stdout).toBe("");
  expect(guarded.result).toBe(7);
});

test("a plain main without parameters reads sys.argv", async () => {
  const { result } = await py.run("import sys\ndef main():\n    return sys.argv[1:]\n", { args: ["x", "y"] });
  expect(result).toEqual(["x", "y"]);
});

test("aliases, constants and computed options count", async () => {
  const { error } = await py.run(`import capsule as c
LIMIT = "4" + "8MB"
t = c.task
@t(name="main", ram=LIMIT, compute=10 ** 9, timeout="1m 30s")
def main():
    return bytes(64 << 20)
`);
  expect(error).toMatch(/^out_of_memory: MemoryError/);
  expect(error).toContain("48MB");
});

test.for([
  ["ram='64XB'", /invalid_config: task "main".*ram.*"64XB"/s],
  ["compute='HUGE'", /invalid_config: .*compute.*"HUGE"/s],
  ["timeout=-1", /invalid_config: .*timeout/s],
  ["memory='64MB'", /invalid_config: .*"?memory"?/s],
  ["allowed_hosts='example.com'", /invalid_config: .*allowed_hosts/s],
  ["allowed_files=[{1, 2}]", /invalid_config: .*allowed_files/s],
  ["ram='1MB'", /invalid_config: ram is 1MB; this program needs at least .*MB/],
] as const)("an invalid option is refused by name: %s", async ([options, expected]) => {
  expect((await py.run(task("return 1", options))).error).toMatch(expected);
});

test("a name that is declared twice is refused", async () => {
  const { error } = await py.run("from capsule import task\n@task\ndef a(): pass\n@task(name='a')\ndef b(): pass\n");
  expect(error).toMatch(/invalid_config: .*"a".*twice/);
});

test("modules and packages beside the program are imported, and nothing else of the folder is read", async () => {
  py.write("helpers.py", "from tools import twice\nVALUE = twice(21)\n");
  py.write("tools/__init__.py", "from .arithmetic import twice\n");
  py.write("tools/arithmetic.py", "def twice(x): return 2 * x\n");
  py.write("statistics.py", "MINE = True\n");
  py.write("secret.txt", "secret");
  py.write("unused.py", "SECRET = 1");
  const { result, envelope } = await py.run(
    task(`
import os, statistics, helpers, tools.arithmetic
seen = []
for path in ("secret.txt", "/secret.txt", "unused.py", "/.capsule/program/secret.txt", "/.capsule/program/unused.py"):
    try:
        open(path)
        seen.append(path)
    except OSError:
        pass
return [helpers.VALUE, tools.arithmetic.twice(2), statistics.MINE, helpers.__file__, __file__, seen]`),
  );
  expect(envelope.error).toBe(null);
  expect(result).toEqual([42, 4, true, "/helpers.py", "/main.py", []]);
});

test("prints stream while the program runs, on both streams", async () => {
  const seen: string[] = [];
  await py.run(
    task(`
import sys, time
print("one")
print("two", file=sys.stderr)
time.sleep(0.05)
print("three", end="", flush=True)`),
    {
      stdout: (bytes) => void seen.push(`1${Buffer.from(bytes)}`),
      stderr: (bytes) => void seen.push(`2${Buffer.from(bytes)}`),
    },
  );
  expect(seen).toEqual(["1one\n", "2two\n", "1three"]);
});

test("exit codes: 0 is success, others are task errors, a text goes to standard error", async () => {
  expect((await py.run(task("import sys\nsys.exit(0)"))).envelope).toMatchObject({ success: true, result: null });
  expect((await py.run(task("import sys\nsys.exit(3)"))).error).toBe("task_error: exit status 3");
  const texted = await py.run(task("import sys\nsys.exit('bye')"));
  expect(texted.error).toBe("task_error: exit status 1");
  expect(texted.stderr).toBe("bye\n");
  expect((await py.run(task("import os\nprint('gone')\nos._exit(4)"))).error).toBe("task_error: exit status 4");
});

test("exit handlers run, and forgotten files are closed", async () => {
  const { stdout } = await py.run("import atexit\natexit.register(print, 'bye')\nprint('hello')\n");
  expect(stdout).toBe("hello\nbye\n");
});

test("standard input is the caller's", async () => {
  const { result } = await py.run(task("import sys\nreturn [input(), sys.stdin.read()]"), {
    stdin: Buffer.from("a\nb\nc"),
  });
  expect(result).toEqual(["a", "b\nc"]);
});
