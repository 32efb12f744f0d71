/** Job: Python tasks that call tasks: envelopes, rights, side by side. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { python } from "./support.ts";

const py = python({ pool: { threads: 6 }, limits: { private_addresses: ["127.0.0.1/32"] } });

/** Answers nobody before so many have come: proof that they were under way together, without a clock. */
const together = 4;
let waiting: ServerResponse[] = [];
let server: Server;
let base = "";
beforeAll(async () => {
  server = createServer((_request, response) => {
    waiting.push(response);
    if (waiting.length < together) return;
    for (const held of waiting) held.end("together");
    waiting = [];
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("a task calls a task and gets its envelope; failures are in it", async () => {
  const { result, error, stdout } = await py.run(`
from capsule import task

@task(compute="LOW", ram="64MB")
def child(x, y=1):
    print("child", x)
    if x == 3:
        raise ValueError("three")
    return [x, y, 1.0, 2 ** 70]

@task(compute=1_000_000)
def spins():
    while True: pass

@task(name="main")
def main():
    first = child(1)
    failed = child(3)
    return [first["result"], child(2, y="é")["result"], first["success"], failed["error"]["error_type"], failed["error"]["message"].split("\\n")[0],
            spins()["error"]["error_type"], first["execution"]["task_name"]]
`);
  expect(error).toBe("");
  expect(stdout).toBe("child 1\nchild 3\nchild 2\n");
  expect(result).toEqual([
    [1, 1, 1, 2n ** 70n],
    [2, "é", 1, 2n ** 70n],
    true,
    "task_error",
    "ValueError: three",
    "out_of_fuel",
    "child",
  ]);
});

test("a task has its own rights, not its caller's, and a call cannot name any", async () => {
  py.write("data/x.txt", "x");
  const { result, error } = await py.run(`
from capsule import task

@task(allowed_files=["data"])
def reads():
    return open("data/x.txt").read()

@task()
def may_not():
    return open("data/x.txt").read()

@task(name="main", allowed_files=["data"])
def main():
    return [reads()["result"], may_not()["error"]["error_type"], may_not(allowed_files=["data"])["error"]["message"].split(":")[0]]
`);
  expect(error).toBe("");
  expect(result).toEqual(["x", "permission_denied", "TypeError"]);
});

test("a value that JSON cannot hold is named in the arguments of a call", async () => {
  const { error } = await py.run(`
from capsule import task
@task()
def child(x): pass
@task(name="main")
def main(): child([1, {2}])
`);
  expect(error).toContain("the arguments of child[0][1] is a set");
});

test("a call at the top level is refused", async () => {
  const { error } = await py.run("from capsule import task\n@task\ndef main(): return 1\nmain()\n");
  expect(error).toMatch(/RuntimeError: the task 'main' was called at the top level/);
});

const children = `
import asyncio
from capsule import http, task

@task(allowed_hosts=["127.0.0.1"])
async def child(i):
    return http.get("BASE").text

@task(allowed_hosts=["127.0.0.1"])
def plain(i):
    return http.get("BASE").text
`;

test.for([
  ["async tasks", "*(child(i) for i in range(4))"],
  ["tasks in to_thread", "*(asyncio.to_thread(plain, i) for i in range(4))"],
  [
    "requests in to_thread",
    '*(asyncio.to_thread(http.get, "BASE") for i in range(4)), asyncio.to_thread(lambda: None)',
  ],
] as const)("%s run side by side", async ([, calls]) => {
  const { result, error } = await py.run(
    `${children}
@task(name="main", allowed_hosts=["127.0.0.1"])
async def main():
    answers = await asyncio.gather(${calls})
    return [answer["result"] if isinstance(answer, dict) else answer.text for answer in answers if answer is not None]
`.replaceAll("BASE", base),
  );
  expect(error).toBe("");
  expect(result).toEqual(Array(together).fill("together"));
});

test("many more calls than the host holds at once are answered all", async () => {
  const { result, error } = await py.run(
    `
import asyncio
from capsule import task
@task(ram="64MB")
async def child(i): return i
@task(name="main", ram="64MB")
async def main():
    return sum(e["result"] for e in await asyncio.gather(*(child(i) for i in range(80))))
`,
  );
  expect(error).toBe("");
  expect(result).toBe(3160);
});

test("a call that times out in the loop is given up; an async task is called from plain code too", async () => {
  const { result, error } = await py.run(
    `${children}
import time
@task()
async def sleeps(): await asyncio.sleep(5)
@task()
async def quick(x): return x
async def limited():
    try:
        async with asyncio.timeout(0.2):
            await sleeps()
    except TimeoutError:
        return "given up"
@task(name="main")
def main():
    return [asyncio.run(limited()), quick(1)["result"], asyncio.run(quick(2))["result"]]
`,
  );
  expect(error).toBe("");
  expect(result).toEqual(["given up", 1, 2]);
});
