/** Job: how the command ends when somebody else ends it: signals, a reader that goes away; and that nothing is left. */

import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, project, root, start, warmCache } from "./support/capsule.ts";
import { envelope } from "./support/envelope.ts";

const module = (name: string) => join(root, "fixtures/modules", `${name}.wat`);
const endless = [module("spin"), "--compute", "HIGH"];

/** Processes of this machine that have `mark` in their environment. */
function marked(mark: string): string[] {
  return readdirSync("/proc").filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/environ`, "latin1").includes(mark);
    } catch {
      return false;
    }
  });
}

describe.skipIf(process.platform !== "linux")("an endless guest is stopped, and no process is left", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s: code 130, the envelope says cancelled", async (signal) => {
    const mark = randomUUID();
    const running = start(["run", ...endless, "--json", "--verbose"], { env: { MARK: mark } });
    await running.saw("stderr", "started");
    expect(marked(mark).length).toBeGreaterThan(0);
    running.child.kill(signal);
    const end = await running.finished;
    expect(end).toMatchObject({ code: 130, signal: null });
    expect(envelope(end.stdout).error?.error_type).toBe("cancelled");
    expect(marked(mark)).toEqual([]);
  });

  test("SIGINT before the guest has started", async () => {
    const mark = randomUUID();
    const running = start(["run", ...endless], { env: { MARK: mark } });
    await new Promise((done) => setTimeout(done, 20));
    running.child.kill("SIGINT");
    const end = await running.finished;
    // As early as this the process may not have its own handler yet.
    expect(end.code === 130 || end.signal === "SIGINT").toBe(true);
    expect(marked(mark)).toEqual([]);
  });

  test("a slow reader sees what was printed, and no word of how it waits", async () => {
    using folder = project({ "main.py": "for i in range(4000):\n  print('x' * 999, flush=True)\n" });
    const line = `"$1" "$2" run main.py | (sleep 1; wc -c)`;
    const shell = spawnSync("sh", ["-c", line, "sh", process.execPath, bin], {
      cwd: folder.path,
      encoding: "utf8",
      env: { ...process.env, XDG_CACHE_HOME: warmCache },
    });
    expect(shell.stdout.trim()).toBe("4000000");
    expect(shell.stderr).toBe("");
  });

  test("a reader that goes away (| head) ends a flood", async () => {
    const mark = randomUUID();
    const running = start(["run", module("flood"), "--compute", "HIGH"], { env: { MARK: mark } });
    await running.saw("stdout", "all work and no play\n");
    running.child.stdout!.destroy();
    const end = await running.finished;
    expect(end.code).toBe(130);
    expect(end.stderr).toBe("");
    expect(marked(mark)).toEqual([]);
  });

  test("a reader that only waits holds the guest back instead of filling the host's memory", async () => {
    const running = start(["run", module("flood"), "--compute", "HIGH", "--timeout", "2s", "--verbose"]);
    running.child.stdout!.pause();
    await running.saw("stderr", "timed out");
    const status = readFileSync(`/proc/${running.child.pid}/status`, "utf8");
    expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(400 * 1024);
    running.child.stdout!.resume();
    expect((await running.finished).code).toBe(124);
  });
});
