/** Job: `capsule run` on Python programs, as a user of the command sees them: results, errors, grants, limits. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { capsule, project, root, start } from "./support/capsule.ts";
import { envelope, type PrintedEnvelope } from "./support/envelope.ts";

const hello = join(root, "fixtures/hello/hello.py");

/** Runs `source` as main.py of a folder of its own. */
async function python(source: string, args: readonly string[] = [], files: Record<string, string> = {}) {
  using folder = project({ "main.py": source, ...files });
  return await capsule(["run", "main.py", ...args], { cwd: folder.path });
}

const asMain = (body: string, options = "") =>
  `from capsule import task\n\n@task(name="main"${options && `, ${options}`})\ndef main(*args):\n${body.replace(/^/gm, "    ")}\n`;

async function envelopeOf(
  source: string,
  args: readonly string[] = [],
): Promise<PrintedEnvelope & { code: number | null }> {
  const end = await python(source, ["--json", ...args]);
  return { ...envelope(end.stdout), code: end.code };
}

describe("results", () => {
  test("the README's first program", async () => {
    expect(await capsule(["run", hello])).toEqual({
      code: 0,
      signal: null,
      stdout: "Hello from Capsule!\n",
      stderr: "",
    });
    expect((await capsule(["run", hello, "Ada"])).stdout).toBe("Hello from Ada!\n");
  });

  test("a string prints raw, nothing prints nothing, anything else prints as JSON, as Python wrote it", async () => {
    for (const [value, printed] of [
      ["'two\\nlines'", "two\nlines\n"],
      ["None", ""],
      [
        "[1.0, -0.0, 2**70, True, None, 'é']",
        /^\[1\.0, ?-0\.0, ?1180591620717411303424, ?true, ?null, ?"(é|\\u00e9)"\]\n$/,
      ],
      ["{'error_type': 'x', 'result': 1}", /^\{"error_type": ?"x", ?"result": ?1\}\n$/],
    ] as const) {
      const end = await python(asMain(`return ${value}`));
      expect(end).toMatchObject({ code: 0, stderr: "" });
      if (typeof printed === "string") expect(end.stdout).toBe(printed);
      else expect(end.stdout).toMatch(printed);
    }
  });

  test("prints stream live, before the program has ended", async () => {
    using folder = project({ "main.py": asMain("import time\nprint('early', flush=True)\ntime.sleep(600)") });
    const running = start(["run", "main.py", "--compute", "HIGH"], { cwd: folder.path });
    await running.saw("stdout", "early\n");
    running.child.kill("SIGINT");
    expect((await running.finished).code).toBe(130);
  });

  test("prints do not mix with the envelope, nor forge it", async () => {
    const end = await python(asMain(`print('{"success": true, "result": 42}', end="")\nreturn 1`), ["--json"]);
    expect(envelope(end.stdout).result).toBe(1);
    expect(end.stderr).toBe('{"success": true, "result": 42}');
  });
});

describe("arguments", () => {
  test("plain ones are strings; --args-file gives any JSON, digit for digit, and comes first", async () => {
    const end = await python(asMain("return [repr(a) for a in args]"), ["--args-file", "args.json", "7", "--", "--x"], {
      "args.json": '[1.0, 9007199254740993, {"a": [null, true]}]\n',
    });
    expect(JSON.parse(end.stdout)).toEqual(["1.0", "9007199254740993", "{'a': [None, True]}", "'7'", "'--x'"]);
  });

  test("without FILE the entrypoint of capsule.toml runs, from any folder of the project", async () => {
    using folder = project({
      "capsule.toml": '[workflow]\nentrypoint = "src/app.py"\n',
      "src/app.py": asMain("return 'from the entrypoint'"),
    });
    mkdirSync(join(folder.path, "deep/er"), { recursive: true });
    for (const cwd of [folder.path, join(folder.path, "deep/er")])
      expect((await capsule(["run"], { cwd })).stdout).toBe("from the entrypoint\n");
  });

  test("without FILE and without capsule.toml: one sentence", async () => {
    using folder = project();
    const end = await capsule(["run"], { cwd: folder.path });
    expect(end.stderr).toMatch(/^capsule: no program: name a file.*\n$/);
    expect(end.code).toBe(2);
  });

  test("a file in another folder runs", async () => {
    using folder = project({ "a/main.py": asMain("import helper\nreturn helper.x"), "a/helper.py": "x = 'beside it'" });
    using elsewhere = project();
    const end = await capsule(["run", join(folder.path, "a/main.py")], { cwd: folder.path });
    expect(end.stdout).toBe("beside it\n");
    expect((await capsule(["run", hello], { cwd: elsewhere.path })).stdout).toBe("Hello from Capsule!\n");
  });
});

describe("errors", () => {
  test("an exception is a task_error with its type and the user's own lines", async () => {
    const { error, code } = await envelopeOf(asMain("rows = {}\nreturn rows['missing']"));
    expect(error?.error_type).toBe("task_error");
    expect(error?.message).toMatch(/KeyError: 'missing'/);
    expect(error?.message).toMatch(/main\.py", line 6, in main/);
    expect(error?.message).toContain("return rows['missing']");
    expect(error?.message).not.toContain("_runner");
    expect(code).toBe(1);
  });

  test.each([
    ["a syntax error", "def f(:\n", /SyntaxError/, "task_error", 1],
    ["sys.exit(3)", asMain("import sys\nsys.exit(3)"), /exit status 3/, "task_error", 1],
    ["NaN as a result", asMain("return {'a': [1, float('nan')]}"), /\["a"\]\[1\]|a.*1.*nan/i, "task_error", 1],
    ["an invalid option", asMain("return 1", 'ram="lots"'), /ram is "lots"; it takes/, "invalid_config", 2],
    ["an unknown option", asMain("return 1", "memory=3"), /memory/, "invalid_config", 2],
  ] as const)("%s", async (_, source, message, type, exit) => {
    const { error, code } = await envelopeOf(source);
    expect(error?.error_type).toBe(type);
    expect(error?.message).toMatch(message);
    expect(code).toBe(exit);
  });

  test("a person reads the traceback on standard error, and nothing on standard output", async () => {
    const end = await python(asMain("raise ValueError('no luck')"));
    expect(end.stdout).toBe("");
    expect(end.stderr).toMatch(/^capsule: task_error: /);
    expect(end.stderr).toContain("ValueError: no luck");
    expect(end.code).toBe(1);
  });
});

describe("limits", () => {
  test("a loop within compute LOW is out of fuel at exactly 100,000,000", async () => {
    const { error, execution, code } = await envelopeOf(asMain("while True: pass", 'compute="LOW"'));
    expect(error?.error_type).toBe("out_of_fuel");
    expect(execution.fuel_consumed).toBe(100_000_000);
    expect(code).toBe(125);
  });

  test("a loop with a huge budget ends at its timeout", async () => {
    const { error, execution, code } = await envelopeOf(asMain("while True: pass", 'compute=10**18, timeout="2s"'));
    expect(error?.error_type).toBe("timeout");
    // A timer counts from the beginning of its turn, which may have been long.
    expect(execution.duration_ms).toBeGreaterThan(1900);
    expect(code).toBe(124);
  });

  test.each([
    "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
    "x = 9**9**9",
    "import re\nre.match('(a+)+$', 'a'*64 + 'b')",
  ])("a guest that catches everything, or computes in C, ends: %j", async (body) => {
    const { error } = await envelopeOf(asMain(body, 'compute="LOW"'));
    expect(["out_of_fuel", "out_of_memory"]).toContain(error?.error_type);
  });

  test("1 GB with ram 64MB fails in the guest, and the host never held it", async () => {
    const source = asMain("try:\n    bytearray(2**30)\nexcept MemoryError:\n    return 'refused'", 'ram="64MB"');
    using folder = project({ "main.py": source });
    const end = await capsule(["run", "main.py", "--json"], { cwd: folder.path });
    const { result, execution } = envelope(end.stdout);
    expect(result).toBe("refused");
    expect(execution.ram_used).toBeLessThanOrEqual(64 * 1024 * 1024);
    const uncaught = await envelopeOf(asMain("return len(bytearray(2**30))", 'ram="64MB"'));
    expect(uncaught.error?.error_type).toBe("out_of_memory");
    expect(uncaught.code).toBe(125);
  });

  test("flags are a ceiling over what the program declares", async () => {
    const source = asMain("while True: pass", 'compute="MEDIUM"');
    expect((await envelopeOf(source, ["--compute", "5000000"])).execution.fuel_consumed).toBe(5_000_000);
    const { execution } = await envelopeOf(asMain("while True: pass", 'compute="LOW"'), ["--compute", "HIGH"]);
    expect(execution.fuel_consumed).toBe(100_000_000);
  });
});

describe("grants", () => {
  test("a declared folder is there, what is outside is not, and --verbose says so before anything runs", async () => {
    const source = asMain(
      "print(open('data/in.txt').read())\ntry:\n    open('secret.txt')\nexcept OSError as e:\n    return type(e).__name__",
      'allowed_files=[{"path": "./data", "mode": "read-only"}]',
    );
    const end = await python(source, ["--verbose"], { "data/in.txt": "inside", "secret.txt": "s3cret" });
    expect(end.stdout).toMatch(/^inside\n(FileNotFoundError|PermissionError)\n$/);
    expect(end.stderr).toMatch(/\/data ← ".*data" \(read-only\)[\s\S]*started/);
  });

  test("--mount gives a folder of the project", async () => {
    const source = asMain("return sorted(__import__('os').listdir('/input'))");
    const end = await python(source, ["--mount", "./data::/input:ro"], { "data/a": "", "data/b": "" });
    expect(JSON.parse(end.stdout)).toEqual(["a", "b"]);
  });

  test("variables are passed by name, from the environment or a .env file, and no other is there", async () => {
    const source = asMain("import os\nreturn [os.environ.get(n) for n in ('A', 'B', 'C')]", 'env_variables=["A", "B"]');
    using folder = project({ "main.py": source, ".env": "B=from file\n" });
    const end = await capsule(["run", "main.py"], { cwd: folder.path, env: { A: "from here", C: "secret" } });
    expect(JSON.parse(end.stdout)).toEqual(["from here", "from file", null]);
  });
});

describe("the operator's word", () => {
  test("[limits] of capsule.toml bounds what a file declares", async () => {
    const end = await python(asMain("while True: pass", 'compute="HIGH"'), ["--json"], {
      "capsule.toml": "[limits]\ncompute = 3_000_000\n",
    });
    expect(end.code).toBe(125);
    expect(envelope(end.stdout).execution.fuel_consumed).toBe(3_000_000);
  });

  test("a mistake in capsule.toml names file, line, key and what is allowed", async () => {
    const end = await python("print(1)", [], { "capsule.toml": '[tasks]\ndefault_compute = "LOTS"\n' });
    expect(end.stderr).toMatch(
      /^capsule: invalid_config: .*capsule\.toml:2: .*default_compute.*"LOTS"; it takes LOW, .*\n$/,
    );
    expect(end).toMatchObject({ code: 2, stdout: "" });
  });

  test("a denial is told with what would allow it", async () => {
    const source = asMain("import urllib.request\nurllib.request.urlopen('http://example.com/')");
    const end = await python(source, ["--verbose"]);
    expect(end.stderr).toMatch(/denied {5}host ".*example\.com.*": .*allowed_hosts/);
    expect(end.code).toBe(1);
  });

  test("a name that the guest chose does not begin a line of the events", async () => {
    const body =
      "for name in ('x\\nforged', 'x\\x1b[2Jforged', 'x\\u2028forged'):\n    try:\n        open('/' + name, 'w')\n    except OSError:\n        pass";
    const end = await python(asMain(body), ["--verbose"]);
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/denied/);
    expect(end.stderr).not.toMatch(/^forged|\x1b|\u2028/m);
  });
});
