/** Job: `run()` of the sdk, as a host program uses it: values in, values out, and the process ends by itself. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { run } from "@capsule-run/sdk/runner";
import { expect, test } from "vitest";
import { project, root } from "./support/capsule.ts";

const gcd = join(root, "fixtures/modules/gcd.wat");
const echo = 'from capsule import task\n@task(name="main")\ndef main(*args): return list(args)\n';

test("arguments of any JSON type arrive and come back as values, integers beyond 2^53 as bigints", async () => {
  using folder = project({ "echo.py": echo });
  const args = [null, true, "é\u0000", 1.5, -0, 2n ** 70n, Number.MAX_SAFE_INTEGER, [{ a: [] }]];
  const envelope = await run({ file: "echo.py", args, cwd: folder.path });
  expect(envelope).toMatchObject({ success: true, error: null });
  expect(envelope.result).toEqual(args);
  expect(typeof envelope.execution.fuel_consumed).toBe("number");
  expect(JSON.parse(JSON.stringify(envelope.execution))).toMatchObject({ task_name: "main", retries: 0 });
});

test("what goes wrong is in the envelope", async () => {
  using folder = project({ "bad.py": "raise ValueError('no luck')" });
  const failed = await run({ file: "bad.py", cwd: folder.path });
  expect(failed).toMatchObject({ success: false, result: null, error: { error_type: "task_error" } });
  const missing = await run({ file: "missing.py", cwd: folder.path });
  expect(missing.error?.error_type).toBe("invalid_config");
});

test("mounts are given, abort cancels", async () => {
  using folder = project({
    "main.py": "import os\ndef main(): return os.listdir('/d')",
    "data/x": "",
    "loop.py": 'from capsule import task\n@task(name="main", compute=10**18)\ndef main():\n    while True: pass',
  });
  expect((await run({ file: "main.py", mounts: ["./data::/d:ro"], cwd: folder.path })).result).toEqual(["x"]);
  const cancelled = await run({ file: "loop.py", cwd: folder.path, signal: AbortSignal.timeout(300) });
  expect(cancelled.error?.error_type).toBe("cancelled");
});

test("arguments that JSON cannot hold are the caller's mistake", async () => {
  await expect(run({ file: gcd, args: [Number.NaN] })).rejects.toThrow(TypeError);
});

test("a host program ends by itself after its last run", async () => {
  const runner = pathToFileURL(join(root, "packages/sdk/dist/runner.js"));
  using folder = project({
    "host.mjs": `import { run } from ${JSON.stringify(runner.href)};
      const ends = await Promise.all([1, 2, 3].map((n) => run({ file: "echo.py", args: [n] })));
      console.log(JSON.stringify(ends.map((end) => end.result)));`,
    "echo.py": echo,
  });
  const end = await promisify(execFile)(process.execPath, ["host.mjs"], { cwd: folder.path, timeout: 60_000 });
  expect(end).toEqual({ stdout: "[[1],[2],[3]]\n", stderr: "" });
});
