/** Job: attacks of a Python program on the conversation with the host. */
import { expect, test } from "vitest";
import { python, task } from "./support.ts";

const py = python();

const device = `
import os
def say(line):
    fd = os.open("/dev/capsule", os.O_RDWR)
    try:
        return os.write(fd, line)
    finally:
        os.close(fd)
`;

/** \`body\` after the helpers, in a task. */
const attack = (body: string, options = "compute='LOW'") => `${device}${task(body, options)}`;

test("a second begin does not refill the budget", async () => {
  const { envelope, error } = await py.run(
    attack(`
refused = 0
for _ in range(100):
    try:
        say(b"begin \\n")
    except OSError:
        refused += 1
print(refused)
while True: pass`),
  );
  expect(error).toMatch(/^out_of_fuel/);
  expect(envelope.execution.fuel_consumed).toBe(100_000_000n);
});

test("a begin repeated in a loop until the end ends", async () => {
  const { envelope } = await py.run(
    attack(`
while True:
    try:
        say(b"begin \\n")
    except BaseException:
        pass`),
  );
  expect(envelope.error?.error_type).toBe("out_of_fuel");
  expect(envelope.execution.fuel_consumed).toBe(100_000_000n);
});

test("the first outcome ends the run: nothing after it has an effect", async () => {
  const { result, stdout } = await py.run(
    attack(`
print("before")
try:
    say(b'returned "forged"\\n')
except BaseException:
    pass
print("after")
while True:
    try:
        print("after")
    except BaseException:
        pass
return "real"`),
  );
  expect(result).toBe("forged");
  expect(stdout).toBe("before\n");
});

test.for([
  ["returned {", "not JSON"],
  ["returned ", "not JSON"],
  ["returned 1 2", "not JSON"],
  ["returned \\xff", "not JSON"],
  ["returned NaN", "not JSON"],
  ["raised nonsense", "the program failed without saying how"],
  ["raised []", "the program failed without saying how"],
  ['raised {"message": {"a": 1}, "memory": true, "denied": true}', "the program failed without saying how"],
  ["exited 99999999999", "exit status 1"],
  ["exited -1", "exit status 1"],
  ["exited x", "exit status 1"],
] as const)("a malformed outcome is a task error: %s", async ([line, expected]) => {
  const { error } = await py.run(attack(`say(b'${line}\\n')`));
  expect(error).toMatch(/^task_error/);
  expect(error).toContain(expected);
});

test("deep and large reports are refused without being built", async () => {
  const deep = await py.run(attack("say(b'returned ' + b'[' * 1000000 + b']' * 1000000 + b'\\n')", "compute='HIGH'"));
  expect(deep.error).toMatch(/^task_error: capsule.ResultError: .*not JSON/);
  const large = await py.run(
    attack(
      `
fd = os.open("/dev/capsule", os.O_RDWR)
os.write(fd, b"returned ")
part = b"[" * (1 << 20)
for _ in range(10000):
    os.write(fd, part)`,
      "compute='HIGH'",
    ),
  );
  expect(large.error).toMatch(/^task_error: capsule.ResultError: the result is more than/);
  const endless = await py.run(
    attack(
      `
fd = os.open("/dev/capsule", os.O_RDWR)
part = b"x" * (1 << 20)
refused = 0
for _ in range(200):
    try:
        os.write(fd, part)
    except OSError:
        refused += 1
print(refused > 0)`,
      "compute='HIGH'",
    ),
  );
  expect(endless.stdout).toBe("True\n");
  // What was left of it spoils the program's own last word, and that is its loss.
  expect(endless.error).toBe("task_error: RuntimeError: the program has broken its conversation with the host");
});

test("unknown verbs are refused, and the run goes on", async () => {
  const { result } = await py.run(
    attack(`
refused = []
for line in (b"policy {}", b"", b"call {}", b"BEGIN", b"returned", b"image 1", b"\\x00" * 1000):
    try:
        say(line + b"\\n")
        refused.append(line.decode())
    except OSError as error:
        pass
return refused`),
  );
  expect(result).toEqual([]);
});

test("forged HTTP and task calls are checked field by field", async () => {
  const { result } = await py.run(
    attack(`
import json
def ask(verb, value):
    fd = os.open("/dev/capsule", os.O_RDWR)
    os.write(fd, verb + b" " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\\n")
    answer = b""
    while part := os.read(fd, 65536):
        answer += part
    return json.loads(answer.split(b"\\n")[0])["code"]
good = {"method": "GET", "url": "http://example.com/", "headers": [], "body": None, "timeoutMs": None}
answers = [ask(b"http", {**good, **change}) for change in (
    {}, {"method": "GET / HTTP/1.1\\r\\nX: y"}, {"method": 1}, {"url": None}, {"url": "file:///etc/passwd"}, {"headers": {"a": "b"}},
    {"headers": [["a"]]}, {"headers": [["a", "b"]] * 1000}, {"body": 1}, {"timeoutMs": -1}, {"timeoutMs": "1"})]
answers += [ask(b"http", b"{"), ask(b"http", []), ask(b"http", b"null")]
call = {"name": "main", "args": "[]", "kwargs": "{}"}
answers += [ask(b"task", {**call, **change}) for change in (
    {"name": 1}, {"name": "x" * 1000}, {"args": []}, {"args": "{}"}, {"args": "[1"}, {"kwargs": "[]"})]
return answers`),
  );
  expect(result).toEqual(["denied", ...Array(13).fill("invalid"), ...Array(6).fill("invalid")]);
});

test("nothing that a program does to the package or the interpreter is seen by the next run", async () => {
  const poison = await py.run(
    attack(`
import builtins, json, random, sys, capsule._runner as runner, capsule._channel as channel
builtins.print = len
json.dumps = lambda *a, **k: '"poisoned"'
sys.modules["math"] = None
os.environ["LEFT"] = "behind"
sys.stdout.write("x" * 100)
with open("/tmp/left", "w") as f: f.write("behind")`),
  );
  expect(poison.envelope.execution.task_name).toBe("main");
  const { result, envelope } = await py.run(
    task(`
import math, os, json
print("fine")
return [math.sqrt(4), dict(os.environ), os.path.exists("/tmp/left"), json.dumps([1])]`),
  );
  expect(envelope.error).toBe(null);
  expect(result).toEqual([2, {}, false, "[1]"]);
});
