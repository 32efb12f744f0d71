/** Job: `capsule worker` under concurrency, garbage, and the ends of its streams. */

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { bin, capsule, project, warmCache } from "./support/capsule.ts";

const echo = `from capsule import task
@task(name="main")
def main(*args):
    print('{"id":1,"output":"forged"}')
    print("no end", end="")
    return list(args)
`;

interface Answer {
  readonly id: unknown;
  readonly output?: {
    readonly success: boolean;
    readonly result: unknown;
    readonly error: { readonly error_type: string } | null;
  };
  readonly error?: string;
}

const answersOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Answer);

/** A worker whose standard input stays open. */
function worker(cwd: string) {
  const child = spawn(process.execPath, [bin, "worker"], {
    cwd,
    env: { ...process.env, XDG_CACHE_HOME: warmCache, NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    send: (request: unknown) => void child.stdin.write(`${JSON.stringify(request)}\n`),
    answer: async () => JSON.parse(String((await lines.next()).value)) as Answer,
    ended: new Promise<number | null>((resolve) => child.on("exit", resolve)),
  };
}

test("twelve requests at once are each answered once, ids and numbers as they came, prints apart", async () => {
  using folder = project({ "echo.py": echo });
  const requests = Array.from({ length: 12 }, (_, id) => `{"id":"r${id}","file":"echo.py","args":[${id}.0, 2e1, "é"]}`);
  const end = await capsule(["worker"], { cwd: folder.path, stdin: `${requests.join("\n")}\n` });
  expect(end.code).toBe(0);
  expect(
    answersOf(end.stdout)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(requests.map((line) => (JSON.parse(line) as Answer).id).sort());
  for (const line of end.stdout.trimEnd().split("\n"))
    expect(line).toMatch(/^\{"id":"r(\d+)","output":\{"success":true,"result":\[\1\.0, 20\.0, "é"\],/);
  expect(end.stderr.match(/forged/g)).toHaveLength(12);
});

test("ids are echoed as the text that they are; what asks for nothing is answered, and the worker goes on", async () => {
  using folder = project({ "echo.py": echo });
  const lines: (string | Uint8Array)[] = [
    "garbage",
    "[1]",
    "null",
    '{"file":"echo.py"}',
    '{"id":[1],"file":"echo.py"}',
    '{"id":"a"}',
    '{"id":"b","file":"echo.py","args":{}}',
    '{"id":"c","file":"echo.py","policy":{"ram":"8GB"}}',
    '{"id":"d","file":"echo.py","file":"other.py"}',
    '{"id":"e","file":"echo.py","mounts":[1]}',
    '{"id":"f","file":"missing.py"}',
    '{"id":"g","file":"echo.py","mounts":["../x"]}',
    Uint8Array.of(0xff, 0xfe),
    `{"id":"h","file":"echo.py","args":["${"x".repeat(33 * 1024 * 1024)}"]}`,
    "",
    "   ",
    `{"id":"i","file":"echo.py","args":${"[".repeat(5000)}${"]".repeat(5000)}}`,
    '{ "file" : "echo.py" , "args":[{"id":7,"}":"\\"]"}], "id" : 1.50e2 }',
    '{"id":"\\u0041\\"","file":"echo.py"}',
  ];
  const stdin = Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from("\n")])).subarray(
    0,
    -1,
  );
  const end = await capsule(["worker"], { cwd: folder.path, stdin });
  expect(end.code).toBe(0);
  const answers = answersOf(end.stdout);
  expect(answers).toHaveLength(lines.length - 2);
  const byId = (id: unknown) => answers.find((answer) => answer.id === id);
  expect(answers.filter(({ id, error }) => id === null && error !== undefined)).toHaveLength(7);
  for (const id of ["a", "b", "c", "d", "e"]) expect(byId(id)?.error, id).toBeTypeOf("string");
  expect(byId("c")!.error).toMatch(/unknown key "policy"/);
  expect(byId("f")!.output!.error!.error_type).toBe("invalid_config");
  expect(byId("g")!.output!.error!.error_type).toBe("invalid_config");
  expect(byId("i")).toBeDefined();
  expect(end.stdout).toContain('{"id":1.50e2,"output":{"success":true,"result":[{"id": 7, "}": "\\"]"}],');
  expect(end.stdout).toContain('{"id":"\\u0041\\"","output":{"success":true,');
});

test("a program that reports its result by itself cannot add a line to the answers", async () => {
  using folder = project({
    "forge.py": `import os
device = os.open("/dev/capsule", os.O_RDWR)
os.write(device, b'returned [1,\\r{"id":2,"output":"forged"}\\r]\\n')
`,
  });
  const end = await capsule(["worker"], { cwd: folder.path, stdin: '{"id":1,"file":"forge.py"}' });
  expect(end.stdout.split(/[\r\n]/)).toHaveLength(2);
  expect(answersOf(end.stdout).map(({ id }) => id)).toEqual([1]);
});

test("a run is cancelled by its id; its number is free again; the others go on", async () => {
  using folder = project({ "echo.py": echo, "sleep.py": "import time\ntime.sleep(60)" });
  const { child, send, answer, ended } = worker(folder.path);
  send({ id: 1, file: "sleep.py" });
  send({ id: 2, file: "echo.py" });
  expect((await answer()).id).toBe(2);
  send({ id: 1, file: "echo.py" });
  expect(await answer()).toMatchObject({ id: 1, error: expect.stringMatching(/has not been answered yet/) });
  send({ id: 9, cancel: true });
  send({ id: 1, cancel: true });
  expect(await answer()).toMatchObject({ id: 1, output: { success: false, error: { error_type: "cancelled" } } });
  send({ id: 1, file: "echo.py" });
  expect(await answer()).toMatchObject({ id: 1, output: { success: true } });
  child.stdin.end();
  expect(await ended).toBe(0);
});

test.each(["SIGINT", "SIGTERM"] as const)("%s answers what runs as cancelled, and leaves nothing", async (signal) => {
  using folder = project({
    "many.py": `import asyncio
from capsule import task
@task(name="child")
async def child(n):
    await asyncio.sleep(60)
@task(name="main")
async def main():
    await asyncio.gather(*[child(n) for n in range(10)])
`,
  });
  const { child, send, answer, ended } = worker(folder.path);
  send({ id: "x", file: "many.py" });
  const db = await childrenRunning(folder.path, 10);
  expect(db).toBe(10);
  child.kill(signal);
  expect(await answer()).toMatchObject({ id: "x", output: { error: { error_type: "cancelled" } } });
  expect(await ended).toBe(130);
  const states = JSON.parse((await capsule(["trace", "--json"], { cwd: folder.path })).stdout) as {
    state: string;
    subTasks: number;
  }[];
  expect(states).toMatchObject([{ state: "interrupted", subTasks: 10 }]);
  expect(await countRunning(folder.path)).toBe(0);
});

test("a project of its own for a request: cwd", async () => {
  using folder = project({ "echo.py": "", "a/echo.py": echo, "a/capsule.toml": "" });
  const end = await capsule(["worker"], { cwd: folder.path, stdin: '{"id":1,"file":"echo.py","cwd":"a"}' });
  expect(answersOf(end.stdout)).toMatchObject([{ id: 1, output: { success: true } }]);
  expect(readdirSync(`${folder.path}/a`)).toContain(".capsule");
});

async function countRunning(folder: string): Promise<number> {
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(`${folder}/.capsule/trace.db`, { readOnly: true, timeout: 1000 });
  try {
    return Number(
      db
        .prepare(
          "SELECT count(*) AS n FROM instance_log WHERE state IN ('created', 'running') AND parent_id IS NOT NULL",
        )
        .get()!["n"],
    );
  } finally {
    db.close();
  }
}

async function childrenRunning(folder: string, wanted: number): Promise<number> {
  for (let count = 0; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    try {
      count = await countRunning(folder);
    } catch {
      continue; // not there yet
    }
    if (count >= wanted) return count;
  }
}
