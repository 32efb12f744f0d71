/** Job: text that an agent wrote, run by a program: its value, its prints, its own traceback, again and again on one thread. Never: trust it. */
import { expect, test } from "vitest";
import { python } from "./support.ts";

const py = python({ pool: { threads: 1 } });

/** As adapters of agents have it: the value of the last expression, as in a notebook. */
const program = `
import ast
from capsule import task

@task(name="main", compute="LOW", ram="64MB", timeout="20s")
def main(code):
    tree = ast.parse(code)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    scope = {"__name__": "__main__"}
    exec(compile(tree, "<agent>", "exec"), scope)
    return None if last is None else eval(compile(last, "<agent>", "eval"), scope)
`;

/** Versions of CPython differ in what they underline. */
const withoutMarks = (text: string) => text.replaceAll(/^[ ~^]+\n|\n[ ~^]+$/gm, "");

interface Case {
  readonly code: string;
  readonly result?: unknown;
  readonly stdout?: string;
  readonly error?: RegExp;
}

const cases: readonly Case[] = [
  { code: "1 + 1", result: 2 },
  {
    code: "x = [n * n for n in range(5)]\nprint('squares', x)\nsum(x)",
    result: 30,
    stdout: "squares [0, 1, 4, 9, 16]\n",
  },
  { code: "import json\njson.loads('{\"a\": [1, null]}')", result: { a: [1, null] } },
  { code: "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\nf(20)", result: 2432902008176640000n },
  { code: "y = 3", result: null },
  { code: "", result: null },
  { code: "print('a')\nprint('b', end='')", result: null, stdout: "a\nb" },
  { code: "globals().get('left', 'clean')", result: "clean" },
  { code: "import builtins\nbuiltins.sum = builtins.print = None\nleft = 1", result: null },
  { code: "import sys\nsys.modules['json'] = sys.modules['ast'] = None", result: null },
  {
    code: "import os\nopen('/tmp/left', 'w').write('x')\nos.environ['LEFT'] = 'x'\nos.listdir('/tmp')",
    result: ["left"],
  },
  { code: "import os\n[os.path.exists('/tmp/left'), os.environ.get('LEFT')]", result: [false, null] },
  {
    code: "def g(d):\n    return d['no']\n\ng({})",
    error:
      /^task_error: KeyError: 'no'\n[\s\S]*File "<agent>", line 4, in <module>\n {4}g\(\{\}\)\n {2}File "<agent>", line 2, in g\n {4}return d\['no'\]/,
  },
  {
    code: "a = 1\nb = a / 0\nb",
    error: /^task_error: ZeroDivisionError: division by zero\n[\s\S]*line 2, in <module>\n {4}b = a \/ 0/,
  },
  { code: "if True\n    1", error: /^task_error: SyntaxError: expected ':'/ },
  { code: "{1, 2}", error: /^task_error: capsule\.ResultError: result is a set/ },
  { code: "raise SystemExit(4)", error: /^task_error: exit status 4/ },
  { code: "open('/etc/passwd').read()", error: /^permission_denied: PermissionError/ },
  { code: "import urllib.request\nurllib.request.urlopen('http://10.0.0.1/')", error: /^permission_denied/ },
  { code: "bytearray(1 << 28)", error: /^out_of_memory: MemoryError/ },
  { code: "def deep(): return deep()\ndeep()", error: /^task_error: RecursionError/ },
];

test("a thousand texts in a row: each has its own outcome, whatever was before it", { timeout: 300_000 }, async () => {
  // Every case after every other: a walk whose steps grow.
  for (let run = 0; run < 1000; run++) {
    const {
      code,
      result,
      stdout = "",
      error = /^$/,
    } = cases[(run * (1 + Math.floor(run / cases.length))) % cases.length]!;
    const ran = await py.run(program, { args: [code] });
    expect(withoutMarks(ran.error), code).toMatch(error);
    expect(ran.stdout, code).toBe(stdout);
    if (result !== undefined) expect(ran.result, code).toEqual(result);
  }
});

test("a text that never ends ends, and the next one runs", async () => {
  expect((await py.run(program, { args: ["while True: pass"] })).error).toMatch(/^out_of_fuel/);
  expect((await py.run(program, { args: ["6 * 7"] })).result).toBe(42);
});
