/** Job: how a Python program fails: what the envelope says of it. */
import { expect, test } from "vitest";
import { python, task } from "./support.ts";

const py = python();

/** Versions of CPython differ in what they underline. */
const withoutMarks = (text: string) => text.replaceAll(/^[ ~^]+\n|\n[ ~^]+$/gm, "");

test("an exception is a task error with its type, message and the program's own lines", async () => {
  py.write("helpers.py", "import json\n\ndef parse(text):\n    return json.loads(text)\n");
  const { envelope, error } = await py.run(task("import helpers\nreturn helpers.parse('nope')"));
  expect(envelope.success).toBe(false);
  expect(withoutMarks(error)).toBe(`task_error: json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
Traceback (most recent call last):
  File "main.py", line 6, in main
    return helpers.parse('nope')
  File "helpers.py", line 4, in parse
    return json.loads(text)`);
});

test("a chain of exceptions is told whole", async () => {
  const { error } = await py.run(
    task("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('outer') from e"),
  );
  expect(error).toContain("ValueError: outer");
  expect(error).toContain("ZeroDivisionError: division by zero");
  expect(error).toContain("direct cause");
  expect(error).not.toContain("capsule/_");
});

test("the lines of code that was made from a text are shown", async () => {
  const { error } = await py.run(task("code = 'def inner(x):\\n    return 1 / x\\n\\ninner(0)\\n'\nexec(code)"));
  expect(withoutMarks(error)).toContain(`  File "<string>", line 4, in <module>
    inner(0)
  File "<string>", line 2, in inner
    return 1 / x`);
});

test.for([
  ["import faulthandler\nfaulthandler._sigsegv()", /^wasm_error/],
  ["import os\nos.abort()", /^wasm_error/],
  [
    "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n    def __getattr__(self, n): return getattr(self, n)\nA().x",
    /^wasm_error|^task_error: RecursionError/,
  ],
  ["exec('(' * 5000 + ')' * 5000)", /^task_error: MemoryError: Parser stack overflowed/],
  [
    "import os\nfor fd in range(100):\n    try: os.close(fd)\n    except OSError: pass",
    /^task_error: RuntimeError: the program has broken/,
  ],
] as const)("a program that breaks its interpreter fails alone: %s", async ([body, expected]) => {
  expect((await py.run(task(body))).error).toMatch(expected);
  expect((await py.run(task("return 1"))).result).toBe(1);
});

test("a syntax error shows its place", async () => {
  const { error, events } = await py.run("x = (\n");
  expect(error).toMatch(/^task_error: SyntaxError: '\(' was never closed\n {2}File "main.py", line 1\n {4}x = \(/);
  expect(events.filter((event) => event.kind === "denied")).toEqual([]);
});

test("an exception that hides its message still counts", async () => {
  const { error } = await py.run(
    task("class E(Exception):\n    def __str__(self):\n        raise SystemExit(0)\nraise E()"),
  );
  expect(error).toMatch(/^task_error: .*E/);
});

test("a failing top level is told with its line, and that it runs without rights", async () => {
  py.write("data/x.txt", "x");
  const { error } = await py.run(
    'from capsule import task\nX = open("data/x.txt").read()\n@task(name="main", allowed_files=["data"])\ndef main(): return X\n',
  );
  expect(error).toMatch(/^permission_denied: PermissionError/);
  expect(error).toContain('File "main.py", line 2');
  expect(error).toMatch(/without rights/);
});

test.for([
  ["float('nan')", "result is nan"],
  ["{'a': [1, 2, 3, float('-inf')]}", 'result["a"][3] is -inf'],
  ["[{1, 2}]", "result[0] is a set"],
  ["{'x': b'1'}", 'result["x"] is a bytes'],
  ["{1: 2}", "result has the key 1 of type int"],
  ["{'a': {None: 1}}", 'result["a"] has the key None'],
  ["[10 ** 5000]", "result[0] is an integer of more than 4300 digits"],
  ["object()", "result is an object"],
  ["__import__('datetime').date(2020, 1, 1)", "isoformat"],
] as const)("a result that JSON cannot hold is named: %s", async ([value, expected]) => {
  const { error } = await py.run(task(`return ${value}`));
  expect(error).toMatch(/^task_error: capsule\.ResultError/);
  expect(error).toContain(expected);
});

test("a result that contains itself, or is too deep or too large, is named", async () => {
  expect((await py.run(task("a = []\na.append({'b': a})\nreturn a"))).error).toContain(
    'result[0]["b"] contains itself',
  );
  expect((await py.run(task("a = []\nfor _ in range(5000): a = [a]\nreturn a"))).error).toContain(
    "nested more than 1000 levels deep",
  );
  expect((await py.run(task("a = 0\nfor _ in range(300): a = [a]\nreturn a"))).error).toBe("");
  expect((await py.run(task("a = 0\nfor _ in range(1001): a = [a]\nreturn a"))).error).toContain("nested");
  expect((await py.run(task("return 'x' * (17 << 20)", "compute='HIGH'"))).error).toContain("result is more than");
});

test("results arrive bit for bit", async () => {
  const text = `return [1.0, -0.0, 2 ** 70, 0.1, 5e-324, 1.7976931348623157e308, True, None, "é\\u2028", (1, 2), {"result": 1, "error_type": "x"}]`;
  const { envelope } = await py.run(task(text));
  expect(envelope.resultText).toBe(
    '[1.0, -0.0, 1180591620717411303424, 0.1, 5e-324, 1.7976931348623157e+308, true, null, "é\u2028", [1, 2], {"result": 1, "error_type": "x"}]',
  );
  expect((await py.run(task("return '\\ud800'"))).envelope.resultText).toBe('"\\ud800"');
});
