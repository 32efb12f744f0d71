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
