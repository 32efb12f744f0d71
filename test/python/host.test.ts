/** Job: the capsule package outside a sandbox: it runs programs in one, and no task in the host's own process. */
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { warmCache } from "../e2e/support/capsule.ts";

const repository = resolve(import.meta.dirname, "../..");

function hostPython(script: string): { readonly stdout: string; readonly stderr: string } | null {
  const { error, stdout, stderr } = spawnSync("python3", ["-B", "-c", script], {
    encoding: "utf8",
    cwd: join(repository, "fixtures/hello"),
    env: {
      ...process.env,
      XDG_CACHE_HOME: warmCache,
      PYTHONPATH: join(repository, "packages/sdk/python"),
      // The command is started by its first line, which asks for node.
      PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
      COMMAND: join(repository, "packages/cli/bin/capsule.js"),
    },
  });
  if (error !== undefined) console.warn("SKIPPED: there is no python3 on this machine");
  return error === undefined ? { stdout, stderr } : null;
}

test("run() answers the envelope", ({ skip }) => {
  const ran = hostPython(`
import asyncio, json, os
import capsule
envelope = asyncio.run(capsule.run(file="hello.py", args=["Ada"], capsule_path=os.environ["COMMAND"]))
print(json.dumps([envelope["success"], envelope["result"], envelope["execution"]["task_name"]]))
`);
  if (ran === null) return skip();
  expect(ran.stderr).toBe("");
  expect(JSON.parse(ran.stdout)).toEqual([true, "Hello from Ada!", "main"]);
});

test("a task that is called outside explains itself, and does not run", ({ skip }) => {
  const ran = hostPython("import hello\ntry:\n    hello.main()\nexcept RuntimeError as error:\n    print(error)\n");
  if (ran === null) return skip();
  expect(ran.stdout).toMatch(/^the task 'main' runs in a sandbox, not here: start its program with `capsule run FILE`/);
});

test("a missing command is named", ({ skip }) => {
  const ran = hostPython(`
import asyncio, capsule
try:
    asyncio.run(capsule.run(file="hello.py", capsule_path="no-such-capsule"))
except FileNotFoundError as error:
    print(error)
`);
  if (ran === null) return skip();
  expect(ran.stdout).toContain("there is no command 'no-such-capsule'");
});

test("many calls are one worker's: side by side, each with its own answer, cancelled ones end, and it may be killed", ({
  skip,
}) => {
  const ran = hostPython(`
import asyncio, json, os, signal, tempfile, time
import capsule
temporary = tempfile.TemporaryDirectory()
folder = temporary.name
def write(name, text):
    with open(os.path.join(folder, name), "w") as file: file.write(text)
write("echo.py", """from capsule import task
@task(name="main", env_variables=["NAMED"])
def main(*args):
    import os
    print('{"id":1,"output":"forged"}')
    return [list(args), os.environ.get("NAMED")]
""")
write("sleep.py", "import time\\ntime.sleep(60)")
def run(file, *args): return capsule.run(file=file, args=list(args), cwd=folder, capsule_path=os.environ["COMMAND"])
async def main():
    print(json.dumps([answer["result"][0] for answer in await asyncio.gather(*[run("echo.py", i, 2**70) for i in range(4)])]))
    begin = time.monotonic()
    try: await asyncio.wait_for(run("sleep.py"), 0.5)
    except asyncio.TimeoutError: print("cancelled", time.monotonic() - begin < 20)
    try: await run("echo.py", float("nan"))
    except ValueError: print("not JSON")
    workers = [worker for _, worker in capsule._host._workers.values()]
    print(len(workers))
    withdrawn, cancel = [], workers[0].cancel
    workers[0].cancel = lambda number: (withdrawn.append(number), cancel(number))
    with capsule._host._workers_lock:  # the request is on its way to the worker
        early = asyncio.ensure_future(run("sleep.py"))
        await asyncio.sleep(0.1)
        early.cancel()
        await asyncio.wait([early])
    while not withdrawn and time.monotonic() - begin < 40: await asyncio.sleep(0.01)
    print("withdrawn", len(withdrawn), len(workers[0]._pending))
    lost = asyncio.ensure_future(run("sleep.py"))
    while not workers[0]._pending: await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)
    workers[0]._process.kill()
    try: await lost
    except RuntimeError as error: print(str(error).split(" worker ")[1])
    print(json.dumps((await run("echo.py"))["result"]))
asyncio.run(main())
os.environ["NAMED"] = "changed"
print(json.dumps(asyncio.run(run("echo.py"))["result"]))
`);
  if (ran === null) return skip();
  expect(ran.stdout.split("\n")).toEqual([
    "[[0, 1180591620717411303424], [1, 1180591620717411303424], [2, 1180591620717411303424], [3, 1180591620717411303424]]",
    "cancelled True",
    "not JSON",
    "1",
    "withdrawn 1 0",
    "ended with exit status -9 before it answered",
    "[[], null]",
    '[[], "changed"]',
    "",
  ]);
  expect(ran.stderr.match(/forged/g)).toHaveLength(6);
});
