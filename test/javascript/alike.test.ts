/** Job: a Python and a JavaScript program that mean the same behave alike: envelope, error type, events, retries. One table of cases, run for both. Never: a case for one of them. */
import { describe, expect, test } from "vitest";
import { python } from "../python/support.ts";
import { javascript } from "./support.ts";

interface Case {
  readonly name: string;
  /** Whole programs, or the body and options of a task `main`. */
  readonly python: string | readonly [body: string, options?: string];
  readonly javascript: string | readonly [body: string, options?: string];
  readonly args?: readonly unknown[];
  /** What `result` is. Default: null. */
  readonly result?: unknown;
  readonly error?: string;
  /** What the message has in both. */
  readonly says?: string;
  readonly fuel?: bigint;
  /** The most memory that it may have had, in MiB. */
  readonly ram?: number;
  readonly retries?: number;
  /** Kinds of events, in order, prints left out. */
  readonly events?: readonly string[];
  readonly stdout?: string;
}

const ends = (...kinds: string[]) => ["queued", "started", ...kinds];
const cases: readonly Case[] = [
  {
    name: "a result",
    python: ["return {'a': [1, 2.5, None, True, 'é']}"],
    javascript: ["return { a: [1, 2.5, null, true, 'é'] };"],
    result: { a: [1, 2.5, null, true, "é"] },
    events: ends("completed"),
  },
  { name: "no result", python: ["pass"], javascript: [""] },
  {
    name: "arguments",
    python: ["return list(args)"],
    javascript: ["return args;"],
    args: ["x", 1, null, { a: [true] }],
    result: ["x", 1, null, { a: [true] }],
  },
  {
    name: "integers beyond 2^53 in arguments",
    python: ["return args[0] > 1"],
    javascript: ["return args[0] > 1;"],
    args: [2n ** 70n],
    result: true,
  },
  {
    name: "a result that looks like an error",
    python: ["return {'error_type': 'timeout', 'result': 1}"],
    javascript: ["return { error_type: 'timeout', result: 1 };"],
    result: { error_type: "timeout", result: 1 },
  },
  {
    name: "prints",
    python: ["print('one')\nprint('two', end='')"],
    javascript: ["console.log('one'); process.stdout.write('two');"],
    stdout: "one\ntwo",
  },
  {
    name: "an exception",
    python: ["raise ValueError('bad value')"],
    javascript: ["throw new RangeError('bad value');"],
    error: "task_error",
    says: "bad value",
    events: ends("failed"),
  },
  {
    name: "an exception names its line",
    python: ["x = 1\nraise ValueError('bad')"],
    javascript: ["const x = 1;\nthrow new Error('bad');"],
    error: "task_error",
    says: "main.",
  },
  {
    name: "a failing import",
    python: "import nothing_of_this_name\n",
    javascript: "await import('nothing' + '_of_this_name');\n",
    error: "task_error|build_error",
    says: "nothing_of_this_name",
  },
  { name: "exit 0", python: ["import sys; sys.exit(0)"], javascript: ["process.exit(0);"], events: ends("completed") },
  {
    name: "exit 3",
    python: ["import sys; sys.exit(3)"],
    javascript: ["process.exit(3);"],
    error: "task_error",
    says: "exit status 3",
    events: ends("failed"),
  },
  {
    name: "out of fuel",
    python: ["while True: pass", "compute='LOW'"],
    javascript: ["for (;;) {}", "compute: 'LOW'"],
    error: "out_of_fuel",
    fuel: 100_000_000n,
    says: "100,000,000",
  },
  {
    name: "out of fuel in spite of handlers",
    python: ["while True:\n  try:\n    while True: pass\n  except BaseException: pass", "compute=50_000_000"],
    javascript: ["for (;;) { try { for (;;) {} } catch {} finally { continue; } }", "compute: 50_000_000"],
    error: "out_of_fuel",
    fuel: 50_000_000n,
  },
  {
    name: "timeout in a loop",
    python: ["while True: pass", "compute='HIGH', timeout='300ms'"],
    javascript: ["for (;;) {}", "compute: 'HIGH', timeout: '300ms'"],
    error: "timeout",
    says: "300ms",
  },
  {
    name: "timeout while sleeping",
    python: ["import time; time.sleep(60)", "timeout='200ms'"],
    javascript: ["await new Promise((resolve) => setTimeout(resolve, 60_000));", "timeout: 200"],
    error: "timeout",
  },
  {
    name: "out of memory",
    python: ["x = []\nwhile True: x.append(bytearray(1 << 20))", "ram='64MB'"],
    javascript: ["const x = []; for (;;) x.push(new Uint8Array(1 << 20));", "ram: '64MB'"],
    error: "out_of_memory",
    says: "ram",
    ram: 64,
  },
  {
    name: "memory that is refused can be handled",
    python: ["try:\n  bytearray(1 << 30)\nexcept MemoryError:\n  return 'refused'", "ram='64MB'"],
    javascript: ["try { new Uint8Array(2 ** 30); } catch { return 'refused'; }", "ram: '64MB'"],
    result: "refused",
  },
  {
    name: "invalid compute",
    python: ["pass", "compute='LOTS'"],
    javascript: ["", "compute: 'LOTS'"],
    error: "invalid_config",
    says: "LOTS",
  },
  {
    name: "invalid ram",
    python: ["pass", "ram='64 bananas'"],
    javascript: ["", "ram: '64 bananas'"],
    error: "invalid_config",
    says: "64 bananas",
  },
  {
    name: "too little ram",
    python: ["pass", "ram='1KB'"],
    javascript: ["", "ram: '1KB'"],
    error: "invalid_config",
    says: "ram",
  },
  {
    name: "invalid timeout",
    python: ["pass", "timeout='soon'"],
    javascript: ["", "timeout: 'soon'"],
    error: "invalid_config",
    says: "soon",
  },
  {
    name: "invalid retries",
    python: ["pass", "max_retries=-1"],
    javascript: ["", "maxRetries: -1"],
    error: "invalid_config",
    says: "-1",
  },
  {
    name: "an unknown option",
    python: ["pass", "memory='1GB'"],
    javascript: ["", "memory: '1GB'"],
    error: "invalid_config",
    says: "memory",
  },
  {
    name: "a folder outside",
    python: ["pass", "allowed_files=['/etc']"],
    javascript: ["", "allowedFiles: ['/etc']"],
    error: "invalid_config",
    says: "/etc",
  },
  {
    name: "retries",
    python: ["raise ValueError('again')", "max_retries=2"],
    javascript: ["throw new Error('again');", "maxRetries: 2"],
    error: "task_error",
    retries: 2,
  },
  {
    name: "a file that is not granted",
    python: ["open('secret.txt')"],
    javascript: ["(await import('node:fs')).readFileSync('secret.txt');"],
    error: "permission_denied",
    says: "secret.txt",
  },
  {
    name: "a refusal that is handled",
    python: ["try:\n  open('secret.txt')\nexcept OSError as error:\n  return type(error).__name__ != ''"],
    javascript: [
      "try { (await import('node:fs')).readFileSync('secret.txt'); } catch (error) { return error.code !== ''; }",
    ],
    result: true,
  },
  {
    name: "variables that are not named",
    python: ["import os; return os.environ.get('HOME')"],
    javascript: ["return process.env.HOME ?? null;"],
    result: null,
  },
  {
    name: "a syntax error",
    python: "def main(:\n",
    javascript: "function main( {\n",
    error: "build_error|task_error",
    says: "main.",
  },
  { name: "a script", python: "print('top')\n", javascript: "console.log('top');\n", stdout: "top\n" },
  {
    name: "a plain main",
    python: "def main(x): return x\n",
    javascript: "export const main = (x) => x;\n",
    args: [5],
    result: 5,
  },
  {
    name: "the first task without a main",
    python: "from capsule import task\n@task(name='a')\ndef a(): return 'a'\n@task(name='b')\ndef b(): return 'b'\n",
    javascript:
      "import { task } from '@capsule-run/sdk';\ntask({ name: 'a' }, () => 'a');\ntask({ name: 'b' }, () => 'b');\n",
    result: "a",
  },
  {
    name: "a name declared twice",
    python: "from capsule import task\n@task(name='a')\ndef a(): pass\n@task(name='a')\ndef b(): pass\n",
    javascript:
      "import { task } from '@capsule-run/sdk';\ntask({ name: 'a' }, () => 1);\ntask({ name: 'a' }, () => 2);\n",
    error: "invalid_config",
    says: "twice",
  },
  {
    name: "a task calls a task",
    python:
      "from capsule import task\n@task(compute='LOW')\ndef child(x):\n  if x == 0: raise ValueError('zero')\n  return x + 1\n@task(name='main')\ndef main():\n  a, b = child(1), child(0)\n  return [a['result'], a['execution']['task_name'], b['success'], b['error']['error_type']]\n",
    javascript:
      "import { task } from '@capsule-run/sdk';\nconst child = task({ name: 'child', compute: 'LOW' }, (x) => { if (x === 0) throw new Error('zero'); return x + 1; });\nexport const main = task({ name: 'main' }, () => { const [a, b] = [child(1), child(0)]; return [a.result, a.execution.task_name, b.success, b.error.error_type]; });\n",
    result: [2, "child", false, "task_error"],
  },
  {
    name: "a task has its own rights",
    python:
      "from capsule import task\n@task()\ndef child(): return open('data/x').read()\n@task(name='main', allowed_files=['data'])\ndef main(): return [open('data/x').read(), child()['error']['error_type']]\n",
    javascript:
      "import { task } from '@capsule-run/sdk';\nimport { readFileSync } from 'node:fs';\nconst child = task({ name: 'child' }, () => readFileSync('data/x', 'utf8'));\nexport const main = task({ name: 'main', allowedFiles: ['data'] }, () => [readFileSync('data/x', 'utf8'), child().error.error_type]);\n",
    result: ["x", "permission_denied"],
  },
];

const hosts = { python: python(), javascript: javascript() };
const wholes = {
  python: (body: string, options = "") =>
    `from capsule import task\n@task(name="main"${options && `, ${options}`})\ndef main(*args):\n${body
      .split("\n")
      .map((line) => `    ${line}\n`)
      .join("")}`,
  javascript: (body: string, options = "") =>
    `import { task } from "@capsule-run/sdk";\nexport const main = task({ name: "main"${options && `, ${options}`} } as never, async (...args: any[]) => {\n${body}\n});\n`,
};

describe.each(["python", "javascript"] as const)("%s", (language) => {
  test.each(cases)("$name", async (one) => {
    const host = hosts[language];
    host.write("data/x", "x");
    host.write("secret.txt", "secret");
    const given = one[language];
    const text = typeof given === "string" ? given : wholes[language](given[0], given[1]);
    const { envelope, result, error, events, stdout } = await host.run(text, { args: one.args ?? [] });
    if (one.error === undefined) expect(error).toBe("");
    else expect(envelope.error?.error_type).toMatch(new RegExp(`^(${one.error})$`));
    expect(result).toEqual(one.result ?? null);
    expect(error).toContain(one.says ?? "");
    expect(envelope.success).toBe(one.error === undefined);
    expect(envelope.execution.retries).toBe(one.retries ?? 0);
    if (one.fuel !== undefined) expect(envelope.execution.fuel_consumed).toBe(one.fuel);
    if (one.ram !== undefined) expect(envelope.execution.ram_used).toBeLessThanOrEqual(one.ram * 1024 * 1024);
    if (one.stdout !== undefined) expect(stdout).toBe(one.stdout);
    if (one.events !== undefined)
      expect(
        events.map(({ kind }) => kind as string).filter((kind) => kind !== "output" && kind !== "preparing"),
      ).toEqual(one.events);
  });
});
